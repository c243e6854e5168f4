"""The courier: takes notices from the desk to the institution's mail server, and knows nothing else of the enclave.

It is a process of its own, because it has a network. It asks the desk over a socket that only it can open, mounts
nothing but that socket's folder and its own secret, and what it is given to carry is written by the desk: project,
number, what happened, a link.
"""
