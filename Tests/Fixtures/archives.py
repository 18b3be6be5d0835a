#!/usr/bin/env python3
"""Makes the archives under archives/, as programs write them that use the formats' larger forms.

Python's zipfile writes Zip64 where its limits are passed, which are lowered here; GNU tar writes a
file with holes in each of its formats. Needs nothing but Python and GNU tar.
"""
import io
import pathlib
import subprocess
import tarfile
import tempfile
import zipfile

here = pathlib.Path(__file__).parent / "archives"
here.mkdir(exist_ok=True)
text = b"// Zip64\nstruct Answers {}\n"

# Sizes, offsets and the number of files all stand in the larger records.
zipfile.ZIP64_LIMIT = 4
zipfile.ZIP_FILECOUNT_LIMIT = 0
for name, method in [("zip64-stored", zipfile.ZIP_STORED), ("zip64-deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(here / f"{name}.zip", "w", method) as archive:
        for path, content in [("notes.txt", b"nothing here"), ("Sheets/1-Attention/Answers.swift", text)]:
            info = zipfile.ZipInfo(path, (2026, 11, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(content)

# Written to a stream that cannot go back, so that the sizes follow the contents.
class Stream(io.RawIOBase):
    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

with open(here / "zip64-streamed.zip", "wb") as file:
    with zipfile.ZipFile(Stream(file), "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("Answers.swift", (2026, 11, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as entry:
            entry.write(text)

owner = ["--owner=0", "--group=0", "--numeric-owner", "--mtime=2026-11-01", "--sort=name"]
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    with open(folder / "Answers.swift", "wb") as file:
        # More holes than one header of GNU's lists.
        for number in range(30):
            file.seek(number << 16)
            file.write(b"// end\n")
    (folder / "later").mkdir()
    (folder / "later" / "Answers.swift").write_bytes(b"after the holes")
    for name, form in [("gnu", ["--format=gnu"])] + [
            (f"pax-{v}", ["--format=posix", f"--sparse-version={v}",
                          "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime"])
            for v in ("0.0", "0.1", "1.0")]:
        subprocess.run(
            ["tar", "--sparse", *form, *owner, "-I", "gzip -n", "-cf", here / f"sparse-{name}.tar.gz",
             "Answers.swift", "later/Answers.swift"], cwd=folder, check=True)

# Long paths and large sizes in pax headers, and names of 100 characters and more in GNU's.
for name, form in [("long-pax", tarfile.PAX_FORMAT), ("long-gnu", tarfile.GNU_FORMAT)]:
    with tarfile.open(here / f"{name}.tar", "w", format=form) as archive:
        info = tarfile.TarInfo("x" * 70 + "/" + "y" * 70 + "/Sheets/1-Attention/Answers.swift")
        info.size = len(text)
        if form == tarfile.PAX_FORMAT:
            info.pax_headers = {"size": str(len(text)), "comment": "ü"}
        archive.addfile(info, io.BytesIO(text))
for path in sorted(here.iterdir()):
    print(path.name, path.stat().st_size)
