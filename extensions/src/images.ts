/**
 * Images that a Markdown text names by their path. JupyterLab would load them from an address of a download, which
 * does not exist here; the contents API gives the same bytes, as data that the gate sees and counts.
 */
import { Contents } from '@jupyterlab/services';

const IMAGE = /\.(png|jpe?g|gif|webp|bmp|svg)$/i;
const TYPES: Record<string, string> = { jpg: 'jpeg', svg: 'svg+xml' };

export function imagesAsData(contents: Contents.IManager): void {
  contents.getDownloadUrl = async path => {
    const suffix = IMAGE.exec(path)?.[1].toLowerCase();
    if (!suffix) {
      return '#';
    }
    try {
      const file = await contents.get(path, { type: 'file', format: 'base64', content: true });
      return `data:image/${TYPES[suffix] ?? suffix};base64,${String(file.content).replace(/\s/g, '')}`;
    } catch {
      return '#';
    }
  };
}
