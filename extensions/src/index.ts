/** JupyterLab's way into the review desk: a command, a dialog, a side panel. It decides nothing. */
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { checkIcon } from '@jupyterlab/ui-components';

import { boundUploads, explainRefusals, forbidCommands } from './bounds';
import { Chooser } from './chosen';
import { Desk } from './desk';
import { IChosenFile } from './draft';
import { releaseIcon } from './icons';
import { imagesAsData } from './images';
import { boundOutputs } from './outputs';
import { RequestsPanel } from './panel';
import { Opener } from './open';
import { onOpenRequests } from './parent';
import { Release } from './release';
import { Requests } from './requests';

/** Placed in menus by schema/plugin.json. */
const commands = { check: 'enclave:check', request: 'enclave:request-release', open: 'enclave:open-requests' };

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@enclave/review:plugin',
  description: 'Requests the release of files and shows what became of the requests.',
  autoStart: true,
  requires: [IDocumentManager],
  optional: [IFileBrowserFactory, ICommandPalette, ILayoutRestorer, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    browsers: IFileBrowserFactory | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null
  ): void => {
    const desk = new Desk(app.serviceManager.serverSettings);
    const chooser = new Chooser(app, documents, browsers);
    const requests = new Requests(desk);
    const opener = new Opener(documents);
    const show = (): void => app.shell.activateById(panel.id);
    const release = new Release(desk, chooser, requests, opener, show);
    const panel = new RequestsPanel(
      requests,
      () => void app.commands.execute(commands.request),
      request => void release.again(request),
      (path, place) => void opener.open(path, place)
    );

    const meant = async (args: { [name: string]: unknown }): Promise<IChosenFile[]> => {
      const current = args['from'] === 'file browser' ? [] : await chooser.current();
      return current.length ? current : chooser.selected();
    };
    app.commands.addCommand(commands.check, {
      label: 'Check…',
      caption: 'What could these files reveal? Asks nobody, sends nothing',
      icon: checkIcon,
      execute: async args => release.check(await meant(args))
    });
    app.commands.addCommand(commands.request, {
      label: 'Request release…',
      caption: 'Ask an output checker to let files leave the project',
      icon: releaseIcon,
      execute: async args => release.ask(await meant(args))
    });
    app.commands.addCommand(commands.open, {
      label: 'Release requests',
      caption: 'Show what you asked to release, and what became of it',
      icon: releaseIcon,
      execute: show
    });
    for (const command of Object.values(commands)) {
      palette?.addItem({ command, category: 'Release' });
    }
    app.shell.add(panel, 'right', { rank: 50 });
    restorer?.add(panel, panel.id);
    onOpenRequests(show);
    // Loading them is what puts the commands into the menus.
    void settings?.load(plugin.id);
  }
};

/** Apart from the other, so that it starts early and needs little. */
const bounds: JupyterFrontEndPlugin<void> = {
  id: '@enclave/review:bounds',
  description: 'Takes the ways out from where people look for them, and shows outputs without trust.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry): void => {
    forbidCommands(app.commands);
    boundOutputs(rendermime);
    imagesAsData(app.serviceManager.contents);
    boundUploads();
    explainRefusals();
  }
};

export default [bounds, plugin];
