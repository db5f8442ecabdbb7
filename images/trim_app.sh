#!/bin/sh
# Run in the build of gateway and worker's image: leaves in its root only what they need, and makes their user.
set -eu
SITE=/usr/local/lib/python3.11/dist-packages

echo 'sandglass:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd
echo 'sandglass:x:10001:' >> /etc/group

cd "$SITE"
find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.h' -o -name '*.c' -o -name '*.a' \) -delete
find . -type d -name __pycache__ -prune -exec rm -rf {} +
# botocore describes every service of Amazon: kept are the one that is used, and those that give out keys for it.
find botocore/data -mindepth 1 -maxdepth 1 -type d -not -name s3 -not -name sts -not -name 'sso*' -exec rm -rf {} +
rm -rf /usr/share/fonts /usr/local/share/man /usr/local/share/doc
sh /tmp/trim_debian.sh /tmp

# The base may carry the resolver and the host names of the machine that it was made on.
printf '' > /etc/resolv.conf
printf '127.0.0.1 localhost\n' > /etc/hosts
ln -s /usr/bin/python3 /usr/local/bin/python

# A volume takes over owner and mode of the folder that it is mounted on.
mkdir -p /var/lib/sandglass /run/sandglass-engine
chown 10001:10001 /var/lib/sandglass
chmod 0700 /var/lib/sandglass
# Only the proxy, which is root there without any capability, may put a socket into it; a worker may connect.
chown 0:10001 /run/sandglass-engine
chmod 0750 /run/sandglass-engine
chmod 1777 /tmp
