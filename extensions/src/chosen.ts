/** Which files a person means when asking for a release. */
import { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { Contents } from '@jupyterlab/services';

import { IChosenFile } from './draft';

export class Chooser {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly documents: IDocumentManager,
    private readonly browsers: IFileBrowserFactory | null
  ) {}

  /** What is selected in the file browser, folders included: they are refused with words. */
  selected(): IChosenFile[] {
    const browser = this.browsers?.tracker.currentWidget;
    return browser ? Array.from(browser.selectedItems(), item => this.chosen(item)) : [];
  }

  /** The document in front, as "Download" in the File menu meant it; none when there is no document in front. */
  async current(): Promise<IChosenFile[]> {
    const widget = this.app.shell.currentWidget;
    const context = widget && this.documents.contextForWidget(widget);
    if (!context) {
      return [];
    }
    const item = await this.documents.services.contents.get(context.path, { content: false });
    return [this.chosen(item)];
  }

  /** The files at these paths; those that are not there any more are left out. */
  async at(paths: string[]): Promise<IChosenFile[]> {
    const contents = this.documents.services.contents;
    const found = await Promise.all(paths.map(path => contents.get(path, { content: false }).catch(() => null)));
    return found.flatMap(item => (item ? [this.chosen(item)] : []));
  }

  /** Let the person pick; null when they give up. */
  async pick(): Promise<IChosenFile[] | null> {
    const answer = await FileDialog.getOpenFiles({
      manager: this.documents,
      title: 'Files to release',
      label: 'Hold Ctrl or Shift to choose several files.',
      defaultPath: this.browsers?.tracker.currentWidget?.model.path
    });
    return answer.button.accept && answer.value ? answer.value.map(item => this.chosen(item)) : null;
  }

  private chosen(item: Contents.IModel): IChosenFile {
    const widget = this.documents.findWidget(item.path, null);
    return {
      path: this.documents.services.contents.localPath(item.path),
      name: PathExt.basename(item.path),
      size: item.type === 'directory' ? null : (item.size ?? null),
      isFolder: item.type === 'directory',
      isUnsaved: !!widget && !!this.documents.contextForWidget(widget)?.model.dirty
    };
  }
}
