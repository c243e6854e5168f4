/**
 * The page around this workspace: the one window that may ask for the side panel, and the one that can
 * open the review desk (the frame we live in may neither navigate nor open windows).
 */
import { PageConfig } from '@jupyterlab/coreutils';

/** Origin of our page around the frame, when the configuration names it. */
const origin = PageConfig.getOption('enclaveParentOrigin');

export function onOpenRequests(open: () => void): void {
  window.addEventListener('message', event => {
    const fromParent = window.parent !== window && event.source === window.parent;
    if (fromParent && (!origin || event.origin === origin) && event.data?.type === 'enclave:open-requests') {
      open();
    }
  });
}

export const canOpenDesk = window.parent !== window && origin !== '';

/** Ask the page around us to show a page of the desk. */
export function openDesk(url: string): void {
  window.parent.postMessage({ type: 'enclave:open', url }, origin);
}
