/** Numbers and times in words for people. No DOM, no JupyterLab. */

/** 1536 -> "1.5 kB"; a size that nobody knows is an empty string. */
export function size(bytes: number | null): string {
  if (bytes === null) {
    return '';
  }
  if (bytes < 1024) {
    return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  }
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '')} ${units[unit]}`;
}

/** How long ago an ISO time was; a clock slightly ahead of ours counts as now. */
export function age(iso: string, now: number = Date.now()): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) {
    return '';
  }
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) {
    return 'just now';
  }
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return `${hours} h ago`;
  }
  const days = Math.floor(hours / 24);
  return days === 1 ? 'yesterday' : days < 14 ? `${days} days ago` : `on ${iso.slice(0, 10)}`;
}

/** An ISO time as this browser writes it, to the minute. */
export function when(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A place in a file: "row 2, column 3"; empty for the file as a whole. */
export function where(place: Record<string, number | string>): string {
  return Object.entries(place)
    .map(([word, value]) => `${word} ${value}`)
    .join(', ');
}

/** Characters as the desk counts them (code points, not UTF-16 units). */
export function length(text: string): number {
  return [...text].length;
}
