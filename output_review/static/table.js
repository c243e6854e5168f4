// Tables on the request's page: scrolled as a whole, up to millions of rows, loaded window by window from the desk.
import { element, number } from "./dom.js";
import { pinsOf } from "./pins.js";

const HEIGHT = 26; // pixels of a row, as in review.css
const TALLEST = 15_000_000; // browsers end an element near 33 million pixels: beyond, a pixel stands for many rows
const ROWS = 200, COLUMNS = 50; // of a window; the desk begins windows at multiples of them
const KEPT = 80; // windows

const block = (value, size) => Math.floor((value - 1) / size) * size + 1;

export class Table {
  constructor(frame, found) {
    this.address = frame.dataset.window;
    this.windows = new Map();
    this.sheets = found.sheets;
    this.mark = null;
    this.pins = pinsOf(frame);
    this.build(frame, found);
    this.keep(found);
    this.open(found.sheet, 1, 1);
  }

  build(frame, found) {
    this.root = element("div", "table");
    this.facts = element("p", "facts");
    this.notes = element("ul", "plain notes");
    this.tabs = element("p", "sheets");
    this.scroll = element("div", "scrolled");
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "region");
    this.scroll.setAttribute("aria-label", frame.querySelector("iframe").title);
    this.height = element("div", "tall");
    this.table = element("table");
    this.height.append(this.table);
    this.scroll.append(this.height);
    this.cell = element("p", "cell");
    this.cell.setAttribute("aria-live", "polite");
    this.kind = found.kind;
    this.root.append(this.facts, this.notes, this.tabs, this.scroll, this.cell, this.bar());
    frame.replaceChildren(this.root);
    frame.classList.add("live");
    this.scroll.addEventListener("scroll", () => this.scrolled());
    this.scroll.addEventListener("keydown", (event) => this.key(event));
    this.scroll.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.table.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.scroll);
  }

  bar() {
    const bar = element("p", "bar");
    const label = element("label", "", "Row ");
    this.where = element("input");
    Object.assign(this.where, { type: "number", min: 1, inputMode: "numeric" });
    this.where.addEventListener("change", () => this.go({ row: Number(this.where.value) }));
    label.append(this.where);
    this.before = element("button", "", "‹ Columns");
    this.after = element("button", "", "Columns ›");
    this.across = element("span", "quiet");
    for (const [button, step] of [[this.before, -COLUMNS], [this.after, COLUMNS]]) {
      button.type = "button";
      button.addEventListener("click", () => this.open(this.sheet, this.top, this.left + step));
    }
    bar.append(label, this.before, this.across, this.after);
    return bar;
  }

  get total() { return this.sheets[this.sheet - 1].rows; }
  get columns() { return this.sheets[this.sheet - 1].columns; }
  get shown() { return Math.max(1, Math.floor(this.scroll.clientHeight / HEIGHT) - 1); }
  get tall() { return Math.min(TALLEST, (this.total + 1) * HEIGHT); }
  get scaled() { return this.tall === TALLEST; }
  get last() { return Math.max(1, this.total - this.shown + 1); } // the top row when the end is seen

  open(sheet, row, left) {
    this.sheet = sheet;
    this.left = left;
    this.height.style.height = `${this.tall}px`;
    this.scroll.style.height = this.total < 12 ? `${(this.total + 2) * HEIGHT}px` : "";
    this.tabs.replaceChildren(...(this.sheets.length > 1 ? this.sheets.map((one, at) => this.tab(one, at + 1)) : []));
    this.before.hidden = this.after.hidden = this.columns <= COLUMNS;
    this.before.disabled = left <= 1;
    this.after.disabled = left + COLUMNS > this.columns;
    this.across.textContent = this.columns > COLUMNS
      ? `${number(left)} to ${number(Math.min(left + COLUMNS - 1, this.columns))} of ${number(this.columns)}` : "";
    this.facts.replaceChildren(element("b", "", this.kind),
      ` · ${number(this.total)} ${this.total === 1 ? "row" : "rows"} × ${number(this.columns)} ${this.columns === 1 ? "column" : "columns"}`);
    this.to(row);
  }

  tab(one, at) {
    const tab = element("button", one.visibility === "shown" ? "" : "covert", one.name || "Table");
    tab.type = "button";
    tab.setAttribute("aria-pressed", at === this.sheet);
    if (one.visibility !== "shown") tab.append(" ", element("b", "", one.visibility));
    tab.append(" ", element("span", "quiet", `${number(one.rows)} × ${number(one.columns)}`));
    const within = [...this.pins.values()].flat().filter((pin) => pin.place.sheet === at).length;
    if (within) tab.append(" ", element("span", "pin asks", `${within} found`));
    tab.addEventListener("click", () => { this.mark = null; this.open(at, 1, 1); });
    return tab;
  }

  // To a row, exactly, also where a pixel of the scroll bar stands for many.
  to(row) {
    this.top = Math.min(Math.max(1, row), this.last);
    const room = Math.max(1, this.scroll.scrollHeight - this.scroll.clientHeight);
    this.scroll.scrollTop = this.set = this.scaled ? Math.round((this.top - 1) / Math.max(1, this.last - 1) * room) : (this.top - 1) * HEIGHT;
    this.set = this.scroll.scrollTop;
    this.draw();
  }

  scrolled() {
    if (this.scroll.scrollTop === this.set) return;
    this.set = this.scroll.scrollTop;
    const room = Math.max(1, this.scroll.scrollHeight - this.scroll.clientHeight);
    this.top = this.scaled ? 1 + Math.round(this.set / room * (this.last - 1)) : Math.min(this.last, 1 + Math.round(this.set / HEIGHT));
    this.draw();
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.shown, PageUp: -this.shown, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.altKey || event.target !== this.scroll) return;
    event.preventDefault();
    event.stopPropagation(); // keys.js would walk to the next file
    this.to(this.top + steps[event.key]);
  }

  wheel(event) {
    if (!this.scaled || event.ctrlKey || event.shiftKey || !event.deltaY) return;
    event.preventDefault();
    this.to(this.top + Math.sign(event.deltaY) * Math.max(1, Math.round(Math.abs(event.deltaY) / HEIGHT)));
  }

  go(place) {
    const sheet = Math.min(place.sheet || this.sheet, this.sheets.length);
    const total = this.sheets[sheet - 1].rows;
    const row = Math.min(Math.max(1, Math.floor(place.row || 1)), Math.max(1, total));
    this.mark = place.row ? { sheet, row, column: place.column || 0 } : null;
    this.open(sheet, row - Math.floor(this.shown / 2), block(place.column || this.left, COLUMNS));
    if (place.column) this.tell(row, place.column);
  }

  async load(first, left) {
    const key = `${this.sheet}:${first}:${left}`;
    if (this.windows.has(key)) return this.windows.get(key);
    const query = new URLSearchParams({ sheet: this.sheet, row: first, column: left });
    // The row alone begins the window; asking for a cell as well would be an answer of its own.
    if (left === 1) query.delete("column");
    const asked = this.ask(query);
    this.windows.set(key, asked);
    if (this.windows.size > KEPT) this.windows.delete(this.windows.keys().next().value);
    const found = await asked;
    this.windows.set(key, found);
    return found;
  }

  async ask(query) {
    try {
      const answer = await fetch(`${this.address}?${query}`);
      const found = answer.ok ? await answer.json() : null;
      return found && found.family === "table" ? found : { failed: found ? found.notes.join(" ") : `The desk answered ${answer.status}.` };
    } catch {
      return { failed: "The desk cannot be reached." };
    }
  }

  keep(found) { this.windows.set(`${found.sheet}:${found.first}:${found.left}`, found); }

  // What is known is drawn at once; what is missing is asked for when the scrolling rests.
  draw() {
    const end = Math.min(this.total, this.top + this.shown);
    const firsts = [...new Set([block(this.top, ROWS), block(Math.max(1, end), ROWS)])];
    const known = firsts.map((first) => this.windows.get(`${this.sheet}:${first}:${this.left}`));
    this.paint(known.filter((one) => one && one.rows), known.find((one) => one && one.failed));
    if (known.every((one) => one && !(one instanceof Promise))) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      const [sheet, left] = [this.sheet, this.left];
      await Promise.all(firsts.map((first) => this.load(first, left)));
      if (sheet === this.sheet && left === this.left) this.draw();
    }, 60);
  }

  paint(known, failed) {
    const header = (known[0] || {}).header || [];
    const head = element("tr");
    head.append(element("th", "", ""), ...header.map((name, at) => this.header(name, at, known[0])));
    head.setAttribute("aria-rowindex", 1);
    const rows = [];
    for (let row = this.top; row < this.top + this.shown && row <= this.total; row += 1) rows.push(this.row(row, known, header.length));
    const thead = element("thead"), tbody = element("tbody");
    thead.append(head);
    tbody.append(...rows);
    const held = this.table.contains(document.activeElement) && document.activeElement.getAttribute("href");
    this.wanted = held || this.wanted;
    this.table.replaceChildren(thead, tbody);
    this.table.setAttribute("aria-rowcount", this.total + 1);
    if (known[0] && this.noted !== this.sheet) {
      this.noted = this.sheet;
      this.notes.replaceChildren(...known[0].notes.map((note) => element("li", "", note)));
    }
    if (this.wanted) this.focus(this.wanted);
    if (failed) this.cell.textContent = failed.failed;
    this.where.max = this.total;
    this.where.placeholder = number(this.top);
  }

  header(name, at, known) {
    const head = element("th", known.hidden_columns.includes(this.left + at) ? "hidden" : "", name);
    head.scope = "col";
    head.title = name;
    this.pin(head, 0, this.left + at);
    return head;
  }

  row(row, known, width) {
    const line = element("tr");
    line.setAttribute("aria-rowindex", row + 1);
    const head = element("th", "", number(row));
    head.scope = "row";
    this.pin(head, row, 0);
    line.append(head);
    const found = known.find((one) => row >= one.first && row < one.first + one.rows.length);
    if (!found) {
      const wait = element("td", "wait", "…");
      wait.colSpan = Math.max(1, width);
      line.append(wait);
      return line;
    }
    if (found.hidden_rows.includes(row)) line.className = "hidden";
    line.append(...found.rows[row - found.first].map((text, at) => this.value(text, row, this.left + at, found)));
    return line;
  }

  value(text, row, column, found) {
    const cell = element("td", /^[-+]?[\d.,\s]*\d\s?%?$/.test(text) ? "number" : "", text);
    if (found.hidden_columns.includes(column)) cell.classList.add("hidden");
    const formula = found.formulas[`${row}:${column}`];
    if (formula) cell.append(" ", element("code", "", formula));
    const mark = this.mark;
    if (mark && mark.sheet === this.sheet && mark.row === row && (!mark.column || mark.column === column)) cell.classList.add("here");
    Object.assign(cell.dataset, { row, column });
    this.pin(cell, row, column);
    return cell;
  }

  repin(frame) {
    this.pins = pinsOf(frame);
    this.draw();
  }

  // The numbers of the findings at a place; 0 is the whole row or column.
  pin(cell, row, column) {
    const pins = this.pins.get(`${this.sheet}:${row}:${column}`) || [];
    if (pins.length) cell.classList.add("found", pins.some((one) => one.blocks) ? "blocks" : "asks");
    for (const one of pins) cell.append(" ", one.made());
  }

  // After a link from a finding the keyboard stands on its number, which leads back.
  focus(wanted) {
    const link = this.table.querySelector(`a.pin[href="${wanted}"]`);
    if (!link) return;
    this.wanted = null;
    link.focus({ preventScroll: true });
  }

  click(event) {
    const cell = event.target.closest("td[data-row]");
    if (!cell || event.target.closest("a") || String(getSelection())) return;
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    this.mark = { sheet: this.sheet, row, column };
    this.draw();
    this.tell(row, column);
  }

  // The whole text of a cell, however long it is.
  async tell(row, column) {
    const mark = this.mark;
    const found = await this.ask(new URLSearchParams({ sheet: this.sheet, row, column }));
    if (mark !== this.mark) return;
    this.cell.replaceChildren(element("b", "", `Row ${number(row)}, column ${number(column)}`), " ", found.failed || (found.cell ?? "There is no such cell."));
    const here = this.table.querySelector(".here");
    if (here) here.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
