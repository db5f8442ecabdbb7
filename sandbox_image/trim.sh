#!/bin/sh
# Run in the build's container: leaves in its root only what the code of a sandbox needs.
set -eu
SITE=/usr/local/lib/python3.11/dist-packages
SHARE=/usr/local/share/sandglass

# A user, the list of libraries, matplotlib's settings and font cache, certificates of public authorities.
grep -q '^sandbox:' /etc/passwd || echo 'sandbox:x:65532:65532::/work/tmp:/usr/sbin/nologin' >> /etc/passwd
grep -q '^sandbox:' /etc/group || echo 'sandbox:x:65532:' >> /etc/group
mkdir -p "$SHARE" /work
cp /tmp/matplotlibrc /tmp/LICENSE "$SHARE/"
ln -s "$SITE/certifi/cacert.pem" "$SHARE/authorities.pem"
python3 - "$SHARE/libraries.json" <<'PY'
import importlib.metadata, json, sys
libraries = {found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}
json.dump(libraries, open(sys.argv[1], "w"), sort_keys=True)
PY

# Parts of libraries that no code here uses.
cd "$SITE"
find . -type d \( -name tests -o -name test \) -not -path './numpy/testing*' -not -path './pandas/_testing*' \
  -not -path './scipy/_lib/*' -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.h' -o -name '*.hpp' -o -name '*.c' \
  -o -name '*.cpp' -o -name '*.a' -o -name '*.map' -o -name '*.f' -o -name '*.f90' \) -delete
find . -type d -name __pycache__ -prune -exec rm -rf {} +
rm -rf pyarrow/include pyarrow/src pyarrow/libarrow_flight* pyarrow/libarrow_python_flight* pyarrow/_flight* \
  pyarrow/_substrait* pyarrow/gandiva* pyarrow/libgandiva* pyarrow/includes \
  pyarrow/libarrow_python_parquet_encryption* pyarrow/_parquet_encryption* pyarrow/_dataset_parquet_encryption* \
  pyarrow/libarrow_s3* pyarrow/_s3fs* pyarrow/_gcsfs* pyarrow/_azurefs* pyarrow/_hdfs* pyarrow/_pyarrow_cpp_tests* \
  pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*
rm -rf matplotlib/mpl-data/sample_data matplotlib/mpl-data/images matplotlib/backends/web_backend \
  matplotlib/mpl-data/fonts/afm matplotlib/mpl-data/fonts/pdfcorefonts
rm -rf sklearn/datasets/data sklearn/datasets/images sklearn/datasets/descr statsmodels/datasets/*/src
rm -rf plotly/labextension plotly/package_data/widgetbundle.js ../../share/jupyter share/jupyter jupyterlab_plotly
rm -rf /usr/local/share/man /usr/local/share/doc /usr/local/etc/jupyter

# The stubs and settings in place, matplotlib finds its fonts once and for all.
MPLCONFIGDIR="$SHARE" MATPLOTLIBRC="$SHARE/matplotlibrc" python3 -c 'import matplotlib.font_manager'

sh /tmp/shared/trim_debian.sh /tmp/shared
rm -rf /etc/ssl /usr/local/share/ca-certificates /usr/share/ca-certificates /etc/ca-certificates* /usr/sbin/update-ca-certificates

# Engines that mount a tmpfs on /work take over its mode.
chown 65532:65532 /work
chmod 1777 /work
