/* Runs before anything else in a workspace's page. Nothing leaves by what a browser does of itself: text does not become
   a document, a form or a connection, and no navigation leads out of the workspace. The policy in the page's header makes
   the browser ask here ("trusted types"); what it cannot see (a refresh, a link, a download) is an event that is cancelled. */
'use strict';
(() => {
  const base = new URL('../../', document.currentScript.src); // .../user/<person>/<project>/
  const inside = (address, ...folders) => {
    const url = new URL(address, document.baseURI);
    return url.origin === base.origin && folders.some(folder => url.pathname.startsWith(base.pathname + folder));
  };
  const refused = (what, detail) =>
    window.dispatchEvent(new CustomEvent('enclave:refused', { detail: { what, address: String(detail).slice(0, 200) } }));

  // Elements that load, show or connect by their mere presence. A tag's name stands in the text as it is: no escape
  // reaches it, so turning `<meta` into `&lt;meta` takes the element away wherever a parser would have seen one.
  const active = /<(?=\/?(?:meta|link|base|iframe|frame|frameset|object|embed|applet|portal|fencedframe|script)[\s/>])/gi;
  if (window.trustedTypes) {
    window.trustedTypes.createPolicy('default', {
      createHTML: text => text.replace(active, '&lt;'),
      createScriptURL: address =>
        inside(address, 'static/', 'lab/extensions/') || address.startsWith('blob:' + base.origin + '/') ? address : null,
      createScript: code => code // compiled by JupyterLab's own files; no other script runs here
    });
  }

  window.navigation?.addEventListener('navigate', event => {
    const known = event.downloadRequest === null && inside(event.destination.url, 'lab');
    if (!known && event.cancelable) {
      event.preventDefault();
      refused(event.downloadRequest === null ? 'link' : 'download', event.destination.url);
    }
  });
  document.addEventListener(
    'click',
    event => {
      // A link that wants a window of its own makes no such event: the sandbox stops it, and this says so.
      const link = event.target instanceof Element ? event.target.closest('a[href], area[href]') : null;
      if (link && (link.hasAttribute('download') || (link.target && !inside(link.href, 'lab')))) {
        event.preventDefault();
        refused(link.hasAttribute('download') ? 'download' : 'link', link.href);
      }
    },
    true
  );
  window.open = address => {
    refused('window', address ?? '');
    return null;
  };
  window.print = () => refused('print', '');
})();
