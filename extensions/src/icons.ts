import { LabIcon } from '@jupyterlab/ui-components';

/** A tray with a page that leaves it upwards, past a tick: out, after somebody has looked. */
const release = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M11 15.2V6.4L7.9 9.5 6.5 8.1 12 2.6l5.5 5.5-1.4 1.4L13 6.4v8.8z"/>
    <path d="M3 13h2v6h14v-6h2v8H3z"/>
  </g>
</svg>`;

export const releaseIcon = new LabIcon({ name: 'enclave:release', svgstr: release });
