#!/bin/sh
# Makes the bucket, and a user who reaches nothing but it; where they are there they stay as they are.
set -eu
bucket=$SANDGLASS_BUCKET
secret() { cat "$SANDGLASS_SECRETS/$1"; }

mkdir -p "$MC_CONFIG_DIR"
# In a file and over stdin: arguments could be read by every user of the host.
cat >"$MC_CONFIG_DIR/config.json" <<END
{"version": "10", "aliases": {"stack": {"url": "$SANDGLASS_MINIO_URL", "accessKey": "$MINIO_ROOT_USER",
 "secretKey": "$(secret minio_root_password)", "api": "S3v4", "path": "auto"}}}
END
until mc ready stack >/dev/null 2>&1; do sleep 1; done
mc ls "stack/$bucket" >/dev/null 2>&1 || mc mb "stack/$bucket"
cat >"$MC_CONFIG_DIR/policy.json" <<END
{"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], "Resource": ["arn:aws:s3:::$bucket"]},
 {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
  "s3:ListMultipartUploadParts"], "Resource": ["arn:aws:s3:::$bucket/*"]}]}
END
mc admin policy create stack sandglass "$MC_CONFIG_DIR/policy.json" >/dev/null
printf '%s\n%s\n' "$(secret sandglass_s3_access_key)" "$(secret sandglass_s3_secret_key)" | mc admin user add stack >/dev/null
said=$(mc admin policy attach stack sandglass --user "$(secret sandglass_s3_access_key)" 2>&1) || case $said in
    *"already in effect"*) ;;
    *) echo "$said" >&2; exit 1 ;;
esac
echo "s3: the bucket $bucket and its user are there"
