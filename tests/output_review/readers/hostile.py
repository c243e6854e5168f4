"""Files that attack whoever reads them, made here byte by byte: for the readers' tests and the previews'."""

import io
import pickle
import tarfile
import zipfile
from pathlib import Path


class Canary:
    """Unpickling this runs code: it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return (exec, (touching(self.file),))


def touching(file: Path) -> str:
    """Code that makes a file."""
    return f"open({str(file)!r}, 'x').close()"


def canaries(file: Path) -> dict[str, bytes]:
    """Pickles that make `file` when they are loaded, one for each way of saying it."""
    code = touching(file).encode()
    text = b"X" + len(code).to_bytes(4, "little") + code
    return {
        **{f"protocol {p}": pickle.dumps(Canary(file), p) for p in range(6)},
        "behind a model's name": pickle.dumps([{"coef_": 1}, Canary(file)]),
        "INST": b"(V" + code + b"\nibuiltins\nexec\n.",
        "OBJ": b"(cbuiltins\nexec\nV" + code + b"\no.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93" + text + b"\x85R.",
    }  # fmt: skip


def a_zip(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        for name, target in (links or {}).items():
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, target)
    return out.getvalue()


def a_tar(members: dict[str, bytes], links: dict[str, str] | None = None, mode: str = "w") -> bytes:
    """These members, these links and a device."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        device = tarfile.TarInfo("device")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    return out.getvalue()


def encrypted_zip() -> bytes:
    """The flag of encryption is set on its one member, in both headers."""
    plain = bytearray(a_zip({"secret.csv": b"a,b\n1,2\n"}))
    plain[6] |= 1
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    return bytes(plain)
