#!/bin/sh
# Run in an image's build, last of its trimming: takes away pip, package tools, perl, compilers, documentation, the
# parts of Python that nothing uses, and what would raise its user; notes what is in the image. Takes the folder of
# contents.py.
set -eu
HERE=$1
SITE=/usr/local/lib/python3.11/dist-packages
LIB=$(echo /usr/lib/*-linux-gnu*)

rm -rf /usr/lib/python3/dist-packages/* /usr/local/bin/* /usr/bin/pip* "$SITE"/pip "$SITE"/pip-*
cd /usr/lib/python3.11
rm -rf test idlelib lib2to3 tkinter turtledemo ensurepip pydoc_data distutils config-3.11-*
python3 "$HERE/contents.py" before
find /usr/lib/python3.11 -type d -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q --invalidation-mode unchecked-hash -j 0 /usr/lib/python3.11 "$SITE" || true
rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/lintian /usr/share/bug \
  /usr/share/perl* /usr/share/gcc /usr/share/gdb /usr/share/zoneinfo /usr/share/bash-completion /usr/share/pixmaps \
  /usr/share/applications /usr/share/python-wheels /usr/share/debianutils /usr/share/mime /usr/share/fonts-* \
  "$LIB"/perl-base "$LIB"/perl "$LIB"/gconv "$LIB"/libapt* "$LIB"/libdb-5.3.so "$LIB"/libperl* "$LIB"/gcc "$LIB"/libasan* \
  /usr/lib/apt /usr/lib/dpkg /usr/lib/systemd /usr/lib/gcc /usr/lib/init /usr/lib/udev \
  /usr/bin/perl* /usr/bin/apt* /usr/bin/dpkg* /usr/bin/deb* /usr/sbin/dpkg* /usr/bin/gpg* /usr/bin/*-gcc* /usr/bin/localedef \
  /usr/bin/openssl /usr/sbin/ldconfig.real /usr/include \
  /etc/apt /etc/dpkg /etc/cron* /etc/systemd /etc/init.d /etc/pam* /etc/alternatives/README /etc/perl \
  /var/lib/apt /var/lib/dpkg /var/lib/pam /var/lib/systemd /var/cache/* /var/log/* /boot /media /mnt /srv /opt /root/.cache
rm -f /etc/shadow- /etc/passwd- /etc/group- /etc/gshadow-

# No file that raises its user, none that anyone may write.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
find / -xdev -type d -perm -0002 -not -path '/proc/*' -not -path '/tmp' -not -path '/dev/*' -exec chmod o-w {} +
python3 -B "$HERE/contents.py" after
rm -rf /tmp/* /var/tmp/* /run/* 2>/dev/null || true
