/**
 * What the page around data does not offer and does not do. It runs from the gate's own copy, so a workspace cannot
 * take it away; what a workspace sends to the browser is bounded by the gate itself, not here.
 */
import { Notification } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { CommandRegistry } from '@lumino/commands';
import { DisposableDelegate } from '@lumino/disposable';

/** Names that the gate's page forbids, see `workspaces/gate/lab/plugins.py`. */
function forbidden(): Set<string> {
  return new Set(JSON.parse(PageConfig.getOption('enclaveForbiddenCommands') || '[]'));
}

/** Take the forbidden commands away, those registered already and those still to come. */
export function forbidCommands(commands: CommandRegistry): void {
  const names = forbidden();
  const add = commands.addCommand.bind(commands);
  commands.addCommand = (id, options) => (names.has(id) ? new DisposableDelegate(() => undefined) : add(id, options));
  // Lumino has no way to unregister what another plugin has registered; a menu hides a command that does not exist.
  const registered = (commands as unknown as { _commands: Map<string, unknown> })._commands;
  names.forEach(name => registered.delete(name));
}

const REFUSED: Record<string, string> = {
  link: 'A workspace opens no address outside itself:',
  window: 'A workspace opens no other window:',
  download: 'Files leave by "Request release…", not by a download:',
  print: 'A workspace prints nothing. Ask for a release of the file instead.'
};

/** Say what the gate's first script (`workspaces/gate/lab/static/first.js`) has stopped. */
export function explainRefusals(): void {
  window.addEventListener('enclave:refused', event => {
    const { what, address } = (event as CustomEvent).detail;
    Notification.warning(`${REFUSED[what] ?? ''} ${address}`.trim(), { autoClose: 8000 });
  });
}

/** Where the project's policy says so: no button to bring files in, and nothing dropped onto the file browser. */
export function boundUploads(): void {
  if (PageConfig.getOption('enclaveUploads') !== 'false') {
    return;
  }
  document.body.classList.add('enclave-mod-no-uploads');
  const refuse = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.type === 'drop') {
        Notification.warning('Files are not brought into this project through the browser.', { autoClose: 8000 });
      }
    }
  };
  for (const type of ['dragenter', 'dragover', 'drop'] as const) {
    window.addEventListener(type, refuse, true);
  }
}
