"""A plain JupyterHub with DockerSpawner, as its documentation sets it up; settings.json: plain_side.py."""

import json
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub gives it)
s = json.loads(Path("settings.json").read_text())

c.JupyterHub.bind_url = s["url"]
c.JupyterHub.hub_ip = c.JupyterHub.hub_connect_ip = s["gateway"]
c.JupyterHub.hub_port = s["hub_port"]
c.ConfigurableHTTPProxy.command = s["proxy"]
c.ConfigurableHTTPProxy.api_url = s["proxy_url"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "benchmark", "api_token": s["token"]}]
c.JupyterHub.load_roles = [
    {"name": "benchmark", "services": ["benchmark"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]

c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.image = s["image"]
c.DockerSpawner.network_name = s["network"]
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.prefix = s["network"]
c.DockerSpawner.remove = True  # a new container each time, as in ours; by default it starts the old one again
c.DockerSpawner.volumes = {f"{s['network']}-home": "/home"}  # kept, as in ours
c.DockerSpawner.cmd = ["jupyterhub-singleuser"]
c.DockerSpawner.extra_create_kwargs = {"labels": {"enclave": "bench"}}
