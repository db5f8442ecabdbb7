"""Does s3/bucket.sh make the bucket and a user who reaches nothing else, and leave both as they are?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from tests.engine_services import ROOT
from tests.minio.server import ACCESS_KEY, BINARY, SECRET_KEY, MinioServer

BUCKET = "stack-bucket"
USER, PASSWORD = "stack-user", "geheim-9876543210"


def _run(minio: MinioServer, folder: Path) -> str:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "minio_root_password").write_text(SECRET_KEY)
    (secrets / "sandglass_s3_access_key").write_text(USER)
    (secrets / "sandglass_s3_secret_key").write_text(PASSWORD)
    done = subprocess.run(
        ["sh", ROOT / "compose/s3/bucket.sh"],
        env={
            "PATH": f"{BINARY.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "MC_CONFIG_DIR": str(folder / "mc"),
            "MINIO_ROOT_USER": ACCESS_KEY,
            "SANDGLASS_MINIO_URL": minio.endpoint,
            "SANDGLASS_SECRETS": str(secrets),
            "SANDGLASS_BUCKET": BUCKET,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _user(minio: MinioServer) -> Any:
    return Session().create_client(
        "s3",
        endpoint_url=minio.endpoint,
        region_name="us-east-1",
        aws_access_key_id=USER,
        aws_secret_access_key=PASSWORD,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def _refused(call: Any, **words: Any) -> bool:
    with pytest.raises(ClientError) as found:
        call(**words)
    return bool(found.value.response["Error"]["Code"] == "AccessDenied")


def test_it_makes_a_bucket_and_a_user_of_it_alone_once(minio: MinioServer, tmp_path: Path) -> None:
    other = minio.bucket()
    assert "created" in _run(minio, tmp_path)
    user = _user(minio)
    user.put_object(Bucket=BUCKET, Key="local/a", Body=b"kept")
    started = user.create_multipart_upload(Bucket=BUCKET, Key="local/b")
    user.abort_multipart_upload(Bucket=BUCKET, Key="local/b", UploadId=started["UploadId"])
    assert _refused(user.create_bucket, Bucket="another")
    assert _refused(user.list_objects_v2, Bucket=other)
    assert _refused(user.put_object, Bucket=other, Key="a", Body=b"")
    assert _refused(user.delete_bucket, Bucket=BUCKET)

    again = _run(minio, tmp_path)
    assert again == f"s3: the bucket {BUCKET} and its user are there\n"
    assert user.get_object(Bucket=BUCKET, Key="local/a")["Body"].read() == b"kept"
    user.delete_object(Bucket=BUCKET, Key="local/a")
