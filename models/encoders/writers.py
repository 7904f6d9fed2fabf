"""Programs and libraries that write JPEG files, as far as they are at hand: how each is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

#: Writes a PNG file as JPEG: (PNG, JPEG to be written, quality from 1 to 100; 0: its own choice).
Write = Callable[[Path, Path, int], None]
_LIMIT_S = 120


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer: its name, what tells its version, and what writes.

    `needs` are the programs without which it is left out.
    """

    name: str
    version: tuple[str, ...]
    write: Write
    needs: tuple[str, ...]


def all_writers(python: str, node: Path | None) -> list[Writer]:
    """Those of which the programs are on the path.

    Parameters
    ----------
    python
        A Python that has Pillow and perhaps OpenCV.
    node
        A folder with `node_modules` in which sharp, jpeg-js and @jsquash/jpeg are installed.
    """
    listed = [
        *(_command(name, version, *command) for name, version, command in _COMMANDS),
        _of_source("Go (image/jpeg)", ("go", "version"), "go", ".go", _GO, ("go", "run")),
        _of_source("Java (ImageIO)", ("java", "--version"), "java", ".java", _JAVA, ("java",)),
        *(_python(python, name, module, code) for name, module, code in _PYTHON),
        _browser("Chromium (canvas)", "chromium", "--headless=new", "--no-sandbox"),
        _browser("Firefox (canvas)", "firefox-esr", "--headless", "--no-remote"),
    ]
    if node is not None:
        listed += [_node(node, name, package, code) for name, package, code in _NODE]
    return [w for w in listed if all(shutil.which(program) for program in w.needs)]


def version_of(writer: Writer) -> str:
    """The first line that its version command prints, without the address that some put there."""
    done = _run(writer.version)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].partition(" http")[0].strip()[:60] if lines else ""


def _run(command: tuple[str, ...], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=_LIMIT_S, cwd=folder, env=environment,
        check=False,
    )  # fmt: skip


def _filled(command: tuple[str, ...], source: Path, target: Path, quality: int) -> tuple[str, ...]:
    values = {
        "IN": str(source), "OUT": str(target), "PPM": str(source.with_suffix(".ppm")),
        "Q": str(quality), "SHARE": f"{quality / 100:g}", "STEPS": str(max(1, 31 - quality // 3)),
    }  # fmt: skip
    filled = []
    for part in command:
        for name, value in values.items():
            part = part.replace(f"%{name}%", value)
        filled.append(part)
    return tuple(filled)


def _command(name: str, version: tuple[str, ...], *command: str) -> Writer:
    def write(source: Path, target: Path, quality: int) -> None:
        _run(_filled(command, source, target, quality))

    return Writer(name, version, write, (command[0],))


#: Name, version, and the command with %IN% (PNG), %PPM%, %OUT%, %Q% and so on.
_COMMANDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("cjpeg (libjpeg-turbo)", ("cjpeg", "-version"),
     ("cjpeg", "-quality", "%Q%", "-outfile", "%OUT%", "%PPM%")),
    ("cjpeg -optimize (libjpeg-turbo)", ("cjpeg", "-version"),
     ("cjpeg", "-optimize", "-quality", "%Q%", "-outfile", "%OUT%", "%PPM%")),
    ("cjpeg -progressive (libjpeg-turbo)", ("cjpeg", "-version"),
     ("cjpeg", "-progressive", "-quality", "%Q%", "-outfile", "%OUT%", "%PPM%")),
    ("ImageMagick", ("convert", "-version"), ("convert", "%IN%", "-quality", "%Q%", "%OUT%")),
    ("GraphicsMagick", ("gm", "version"), ("gm", "convert", "%IN%", "-quality", "%Q%", "%OUT%")),
    ("FFmpeg", ("ffmpeg", "-version"),
     ("ffmpeg", "-loglevel", "error", "-y", "-i", "%IN%", "-q:v", "%STEPS%", "%OUT%")),
    ("Guetzli", ("dpkg-query", "-f", "guetzli ${Version}", "-W", "guetzli"),
     ("guetzli", "--quality", "%Q%", "%IN%", "%OUT%")),
    ("libvips", ("vips", "--version"), ("vips", "jpegsave", "%IN%", "%OUT%", "--Q", "%Q%")),
    ("Netpbm", ("pnmtojpeg", "--version"),
     ("sh", "-c", "pnmtojpeg -quality=%Q% %PPM% > %OUT%")),
    ("darktable", ("darktable-cli", "--version"),
     ("darktable-cli", "%IN%", "%OUT%", "--core", "--conf",
      "plugins/imageio/format/jpeg/quality=%Q%")),
    ("GIMP", ("gimp", "--version"),
     ("gimp", "-i", "-d", "-f", "-b",
      '(let* ((i (car (gimp-file-load 1 "%IN%" "%IN%")))) (file-jpeg-save 1 i (car '
      '(gimp-image-get-active-layer i)) "%OUT%" "" %SHARE% 0 1 0 "" 2 1 0 0))',
      "-b", "(gimp-quit 0)")),
    ("PHP (GD)", ("php", "--version"),
     ("php", "-r", 'imagejpeg(imagecreatefrompng("%IN%"), "%OUT%", %Q%);')),
    ("Qt", ("dpkg-query", "-f", "Qt ${Version}", "-W", "libqt5gui5"),
     ("/usr/bin/python3", "-c",
      "from PyQt5.QtGui import QImage; QImage('%IN%').save('%OUT%', 'JPG', %Q%)")),
)  # fmt: skip

_GO = """package main
import ("image/jpeg"; "image/png"; "os"; "strconv")
func main() {
  in, _ := os.Open(os.Args[1]); picture, _ := png.Decode(in)
  out, _ := os.Create(os.Args[2]); quality, _ := strconv.Atoi(os.Args[3])
  jpeg.Encode(out, picture, &jpeg.Options{Quality: quality}); out.Close()
}
"""
_JAVA = """import java.awt.image.BufferedImage; import java.io.File; import javax.imageio.*;
public class Main { public static void main(String[] a) throws Exception {
  BufferedImage read = ImageIO.read(new File(a[0]));
  BufferedImage rgb = new BufferedImage(read.getWidth(), read.getHeight(), 1);
  rgb.getGraphics().drawImage(read, 0, 0, null);
  ImageWriter writer = ImageIO.getImageWritersByFormatName("jpg").next();
  ImageWriteParam how = writer.getDefaultWriteParam();
  how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
  how.setCompressionQuality(Integer.parseInt(a[2]) / 100f);
  writer.setOutput(ImageIO.createImageOutputStream(new File(a[1])));
  writer.write(null, new IIOImage(rgb, null, null), how); writer.dispose();
} }
"""


def _of_source(
    name: str, version: tuple[str, ...], program: str, suffix: str, source: str,
    command: tuple[str, ...],
) -> Writer:  # fmt: skip
    def write(picture: Path, target: Path, quality: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"Main{suffix}"
            file.write_text(source, "utf-8")
            _run((*command, str(file), str(picture), str(target), str(quality)))

    return Writer(name, version, write, (program,))


#: Name, module for the version, code with `a`: PNG, JPEG, quality.
_PYTHON = (
    ("Pillow", "PIL", "from PIL import Image; Image.open(a[0]).save(a[1], quality=int(a[2]))"),
    ("Pillow with optimize", "PIL",
     "from PIL import Image; Image.open(a[0]).save(a[1], quality=int(a[2]), optimize=True)"),
    ("OpenCV", "cv2", "import cv2; cv2.imwrite(a[1], cv2.imread(a[0]), [1, int(a[2])])"),
)  # fmt: skip


def _python(python: str, name: str, module: str, code: str) -> Writer:
    def write(source: Path, target: Path, quality: int) -> None:
        script = f"import sys; a = sys.argv[1:]; {code}"
        _run((python, "-c", script, str(source), str(target), str(quality)))

    version = (python, "-c", f"import {module}; print('{module}', {module}.__version__)")
    return Writer(name, version, write, (python,))


#: Name, package, code with `a`: PNG, JPEG, quality.
_RAW = (
    "const sharp = require('sharp'); const fs = require('fs'); const raw = await sharp(a[0])"
    ".ensureAlpha().raw().toBuffer({resolveWithObject: true});"
)
_NODE = (
    ("sharp", "sharp", "await require('sharp')(a[0]).jpeg({quality: +a[2]}).toFile(a[1]);"),
    ("sharp with mozjpeg", "sharp",
     "await require('sharp')(a[0]).jpeg({quality: +a[2], mozjpeg: true}).toFile(a[1]);"),
    ("jpeg-js (Jimp)", "jpeg-js",
     _RAW + "const picture = {data: raw.data, width: raw.info.width, height: raw.info.height};"
     "fs.writeFileSync(a[1], require('jpeg-js').encode(picture, +a[2]).data);"),
    ("mozjpeg (Squoosh)", "@jsquash/jpeg",
     _RAW + "const code = await import(a[3] + '/node_modules/@jsquash/jpeg/encode.js');"
     "const wasm = fs.readFileSync('node_modules/@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm');"
     "await code.init(await WebAssembly.compile(wasm)); const made = await code.default({data: "
     "new Uint8ClampedArray(raw.data), width: raw.info.width, height: raw.info.height}, "
     "{quality: +a[2]}); fs.writeFileSync(a[1], Buffer.from(made));"),
)  # fmt: skip


def _node(folder: Path, name: str, package: str, code: str) -> Writer:
    def write(source: Path, target: Path, quality: int) -> None:
        script = f"const a = process.argv.slice(1); (async () => {{ {code} }})();"
        given = (str(source), str(target), str(quality), str(folder.resolve()))
        _run(("node", "-e", script, *given), folder)

    path = folder.resolve() / "node_modules" / package / "package.json"
    version = ("node", "-p", f"const p = require('{path}'); p.name + ' ' + p.version")
    return Writer(name, version, write, ("node",))


_PAGE = """<!doctype html><script type="module">
const picture = new Image(); picture.src = "picture.png"; await picture.decode();
const canvas = document.createElement("canvas");
canvas.width = picture.width; canvas.height = picture.height;
canvas.getContext("2d").drawImage(picture, 0, 0);
canvas.toBlob((made) => fetch("made", {method: "POST", body: made}), "image/jpeg", SHARE);
</script>"""


def _browser(name: str, program: str, *flags: str) -> Writer:
    """A browser that opens a page of this machine, draws the picture, and sends its JPEG back."""

    def write(source: Path, target: Path, quality: int) -> None:
        came = threading.Event()
        body = _PAGE.replace("SHARE", f"{quality / 100:g}").encode()
        handler = partial(_Handler, body, source, target, came)
        with HTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                own = ("--profile", profile) if "firefox" in program else (
                    f"--user-data-dir={profile}", "--remote-debugging-port=0")  # fmt: skip
                url = f"http://127.0.0.1:{server.server_port}/"
                running = subprocess.Popen(
                    (program, *flags, *own, url), stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
                came.wait(_LIMIT_S)
                running.terminate()
                running.wait(_LIMIT_S)
            server.shutdown()

    return Writer(name, (program, "--version"), write, (program,))


class _Handler(BaseHTTPRequestHandler):
    def __init__(
        self, body: bytes, source: Path, target: Path, came: threading.Event, *rest: object
    ) -> None:
        self.body, self.source, self.target, self.came = body, source, target, came
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        wanted = urlsplit(self.path).path
        found = {
            "/": (self.body, "text/html"),
            "/picture.png": (self.source.read_bytes(), "image/png"),
        }.get(wanted)
        self.send_response(200 if found else 404)
        body, kind = found or (b"", "text/plain")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.target.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.came.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
