/** One click from a request to the file in the workspace, at the place that somebody spoke of. */
import { Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';

import { IPlace } from './desk';

/** What of a document's widget we use; each kind of document has some of it. */
interface IPlaced {
  /** A notebook. */
  activeCellIndex?: number;
  scrollToItem?: (index: number) => unknown;
  /** A text editor. */
  editor?: {
    setCursorPosition: (position: { line: number; column: number }) => void;
    revealPosition: (position: { line: number; column: number }) => void;
  };
  /** A table. */
  goToLine?: (line: number) => void;
}

export class Opener {
  constructor(private readonly documents: IDocumentManager) {}

  /** Open the file; say so when it is not there any more. */
  async open(path: string, place: IPlace = {}): Promise<void> {
    try {
      await this.documents.services.contents.get(path, { content: false });
    } catch {
      Notification.warning(`“${path}” is not there any more.`, { autoClose: 5000 });
      return;
    }
    const widget = this.documents.openOrReveal(path);
    if (widget) {
      await widget.revealed;
      go(widget.content as unknown as IPlaced, place);
    }
  }
}

function go(content: IPlaced, { cell, row }: IPlace): void {
  if (typeof cell === 'number' && content.activeCellIndex !== undefined) {
    content.activeCellIndex = cell - 1;
    content.scrollToItem?.(cell - 1);
  }
  if (typeof row === 'number') {
    const position = { line: row - 1, column: 0 };
    content.editor?.setCursorPosition(position);
    content.editor?.revealPosition(position);
    content.goToLine?.(row);
  }
}
