"""What of JupyterLab is switched off, and why: data for the page, for the docs, for the tests.

The gate's page says it and the gate's own copy of the program obeys. It is not what keeps data inside: the table of
paths does that. It keeps people from being offered what would not work.
"""

from typing import NamedTuple


class Line(NamedTuple):
    """A plugin (or every plugin of an extension), or a command, and the reason."""

    name: str
    why: str


_AB = "@jupyterlab"
PLUGINS: tuple[Line, ...] = (
    Line(f"{_AB}/application-extension:faviconbusy", "a frame has no icon of its own"),
    Line(f"{_AB}/apputils-extension:announcements", "asks the Internet for news"),
    Line(f"{_AB}/apputils-extension:licenses-client", "only the list of licences asked for it"),
    Line(f"{_AB}/apputils-extension:licenses-plugin", "offers the list of licences as a download"),
    Line(f"{_AB}/apputils-extension:print", "a printer, or a PDF, is outside"),
    Line(f"{_AB}/docmanager-extension:download", "files leave by a request for release"),
    Line(f"{_AB}/docmanager-extension:open-browser-tab", "the frame opens no window"),
    Line(f"{_AB}/extensionmanager-extension", "extensions are the institution's choice, and come with the image"),
    Line(f"{_AB}/filebrowser-extension:download", "files leave by a request for release; also the link to one"),
    Line(f"{_AB}/filebrowser-extension:open-browser-tab", "the frame opens no window"),
    Line(f"{_AB}/filebrowser-extension:open-url", "there is no network to open an address of"),
    Line(f"{_AB}/filebrowser-extension:share-file", "an address of a workspace opens for its owner only"),
    Line(f"{_AB}/fileeditor-extension:language-server", "no language server is installed"),
    Line(f"{_AB}/help-extension:jupyter-forum", "a page outside"),
    Line(f"{_AB}/help-extension:licenses-commands", "offers the list of licences as a download"),
    Line(f"{_AB}/help-extension:open", "opens any address in a frame"),
    Line(f"{_AB}/help-extension:resources", "pages outside"),
    Line(f"{_AB}/htmlviewer-extension", "shows a workspace's HTML as a document"),
    Line(f"{_AB}/hub-extension", "our page around the frame has these buttons"),
    Line(f"{_AB}/javascript-extension", "runs script that an output brings"),
    Line(f"{_AB}/lsp-extension", "no language server is installed"),
    Line(f"{_AB}/notebook-extension:export", "no exporter is reachable; files leave by a request for release"),
    Line(f"{_AB}/notebook-extension:language-server", "no language server is installed"),
    Line(f"{_AB}/notebook-extension:trust-status", "no output is trusted, so there is nothing to say about it"),
    Line(f"{_AB}/pdf-extension", "shows a workspace's PDF as a document"),
    Line(f"{_AB}/pluginmanager-extension", "which plugins run is said here"),
    Line(f"{_AB}/vega5-extension", "compiles what an output brings into functions"),
    Line(f"{_AB}/workspaces-extension:menu", "offers the window layout as a download, and as a link to share"),
    Line(f"{_AB}/workspaces-extension:sidebar", "the same"),
)
WITHOUT_TERMINALS: tuple[Line, ...] = (
    Line(f"{_AB}/terminal-extension", "unless the project's policy allows terminals"),
)

# Commands of plugins that are needed for something else.
COMMANDS: tuple[Line, ...] = (
    Line("filemenu:logout", "our page around the frame has it"),
    Line("markdownviewer:trust", "no text is trusted, whoever wrote it"),
    Line("notebook:trust", "no output is trusted, whoever made it"),
    Line("settingeditor:export", "offers the settings as a download"),
    Line("workspace-ui:export", "offers the window layout as a download"),
)


def disabled(terminals: bool) -> list[str]:
    """The names for JupyterLab's `disabledExtensions`."""
    return [line.name for line in (*PLUGINS, *(() if terminals else WITHOUT_TERMINALS))]


# Defaults of ours in place of JupyterLab's, by the plugin whose setting it is.
DEFAULTS: dict[str, dict[str, object]] = {
    f"{_AB}/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
