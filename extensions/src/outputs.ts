/**
 * How outputs are shown: HTML and Markdown always as if a stranger had made them (no script, no frame, no refresh, no
 * command behind a click), whatever notebook and server say of trust. SVG is shown as an image, in which nothing runs
 * and nothing is loaded, so it needs no trust at all.
 */
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { IRenderMime } from '@jupyterlab/rendermime-interfaces';

const UNTRUSTED = ['text/html', 'text/markdown'];
const IMAGES = ['image/svg+xml'];
const COMMANDS = /data-commandlinker/gi;

/** The same model with another word about trust. */
function as(trusted: boolean, model: IRenderMime.IMimeModel): IRenderMime.IMimeModel {
  return {
    trusted,
    data: model.data,
    metadata: model.metadata,
    setData: options => model.setData(options)
  };
}

/** Renderers of `factory` that take everything for `trusted`, or for not. */
function bounded(factory: IRenderMime.IRendererFactory, trusted: boolean): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: factory.mimeTypes,
    defaultRank: factory.defaultRank,
    createRenderer: options => {
      const renderer = factory.createRenderer({ ...options, sanitizer: strict(options.sanitizer) });
      const render = renderer.renderModel.bind(renderer);
      renderer.renderModel = model => render(as(trusted, model));
      return renderer;
    }
  };
}

/** JupyterLab's sanitizer lets attributes pass that run a command on a click. */
function strict(sanitizer: IRenderMime.ISanitizer): IRenderMime.ISanitizer {
  return {
    allowNamedProperties: sanitizer.allowNamedProperties,
    getAutolink: sanitizer.getAutolink?.bind(sanitizer),
    sanitize: (dirty, options) => sanitizer.sanitize(dirty, options).replace(COMMANDS, 'data-nothing')
  };
}

export function boundOutputs(rendermime: IRenderMimeRegistry): void {
  for (const [types, trusted] of [
    [UNTRUSTED, false],
    [IMAGES, true]
  ] as const) {
    for (const type of types) {
      const factory = rendermime.getFactory(type);
      if (factory) {
        const rank = rendermime.getRank(type);
        rendermime.addFactory({ ...bounded(factory, trusted), mimeTypes: [type] }, rank);
      }
    }
  }
}
