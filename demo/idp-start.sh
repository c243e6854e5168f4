#!/bin/sh
# Start the demo's identity provider; the command of images/idp.
#
#     idp-start.sh FOLDER PORT
#
# In the image:   COPY demo/idp-start.sh demo/idp_app.py /usr/local/lib/idp/
# in compose:     command: ["/usr/local/lib/idp/idp-start.sh", "<ENCLAVE_ROOT>/demo/idp", "<port of ENCLAVE_OIDC_ISSUER>"]
# healthy when:   GET /.well-known/openid-configuration with the issuer's host:port as Host answers 200 (any other
#                 Host is redirected). First start about 5 s, later ones 2 s; 105 MB.
#
# FOLDER is <ENCLAVE_ROOT>/demo/idp, mounted read-write (its owner, 51004, is who we run as; the root file system can
# be read-only with a tmpfs on /tmp). idp_app.py lies beside this file. Needs canaille[front,oidc,sqlite,otp,server].
# The database is made from seed.json when there is none, or when the seed has changed (another port, another
# client secret); otherwise it is kept, with the passwords that people have chosen since.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:?the folder with canaille.toml and seed.json}"
port=${2:?the port to listen on}
export CANAILLE_CONFIG=canaille.toml PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1
# The demo speaks plain HTTP, on loopback and our own bridge only; authlib wants to be told.
export AUTHLIB_INSECURE_TRANSPORT=1
seed=$(sha256sum < seed.json)
if [ ! -s canaille.sqlite ] || [ "$(cat seed.sha256 2> /dev/null)" != "$seed" ]; then
    echo "Making the identity provider's database from the seed"
    rm -f canaille.sqlite seed.sha256
    { canaille install && canaille restore < seed.json; } > first-start.log 2>&1 || { cat first-start.log >&2; exit 1; }
    echo "$seed" > seed.sha256
fi
exec hypercorn --bind "0.0.0.0:$port" --workers 0 wsgi:idp_app:application
