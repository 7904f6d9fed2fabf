"""The published networks that can be imported: what each is, whose, and under which licence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from telltale.published.containers import Arrays


@dataclass(frozen=True, slots=True)
class Download:
    """An official address that a licence permits to fetch from, with the file's SHA-256.

    `sha256` is empty where we never held the file: then the person gives the hash that its
    authors publish.
    """

    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """One published network.

    Attributes
    ----------
    id
        Of the model, and of the detector that runs it.
    title, paper, url
        What it is, and where it is explained.
    licence, licence_note
        Of the weights, and in one sentence what that means for a person.
    shippable
        Whether the licence lets the weights travel with a product.
    trained_on, source
        Its training data, and where its authors offer the file.
    definition, builder, namer
        The module of `telltale.published.networks` and its functions.
    side, free_sides, output
        Side of the square input in pixels, whether other sizes do as well, and the output's name.
    download
        Where `telltale models fetch` may fetch it from.
    """

    id: str
    title: str
    paper: str
    url: str
    licence: str
    licence_note: str
    shippable: bool
    trained_on: str
    source: str
    definition: str
    builder: str
    namer: str
    side: int
    free_sides: bool = False
    output: str = "probability"
    download: Download | None = None

    def build(self) -> Any:
        """The network in PyTorch, its weights still to be filled."""
        return self._function(self.builder)()

    def named(self, arrays: Arrays) -> Arrays:
        """Published arrays under the names of `build().network.state_dict()`."""
        renamed: Arrays = self._function(self.namer)(arrays)
        return renamed

    def _function(self, name: str) -> Callable[..., Any]:
        module = import_module(f"telltale.published.networks.{self.definition}")
        function: Callable[..., Any] = getattr(module, name)
        return function


_RESEARCH = (
    "For research only; read the terms before you use its results, and do not pass the weights on."
)
_NON_COMMERCIAL = "Not for commercial use; do not pass the weights on with a product."
_FREE = "May be used and passed on under its terms."
_MESO = "https://raw.githubusercontent.com/DariusAf/MesoNet/master/weights/"


def _mesonet(id: str, title: str, file: str, data: str, builder: str, sha256: str) -> Published:
    return Published(
        id=id,
        title=title,
        paper="D. Afchar, V. Nozick, J. Yamagishi, I. Echizen, MesoNet, WIFS 2018",
        url="https://arxiv.org/abs/1809.00888",
        licence="Apache-2.0",
        licence_note=_FREE,
        shippable=True,
        trained_on=data,
        source="github.com/DariusAf/MesoNet, weights/" + file,
        definition="mesonet",
        builder=builder,
        namer="named",
        side=256,
        download=Download(_MESO + file, sha256),
    )


_ROWS = (
    Published(
        id="faceforensics_xception",
        title="FaceForensics++ Xception",
        paper="A. Rössler et al., FaceForensics++, ICCV 2019",
        url="https://arxiv.org/abs/1901.08971",
        licence="FaceForensics++ terms of use",
        licence_note=_RESEARCH,
        shippable=False,
        trained_on="FaceForensics++ (YouTube faces and four manipulations of them)",
        source="github.com/ondyari/FaceForensics, faceforensics++_models.zip, one of its .p files",
        definition="xception",
        builder="build",
        namer="named",
        side=299,
    ),
    Published(
        id="fwa_resnet50",
        title="Face warping artifacts, ResNet-50",
        paper="Y. Li, S. Lyu, CVPR workshops 2019",
        url="https://arxiv.org/abs/1811.00656",
        licence="not for commercial use",
        licence_note=_NON_COMMERCIAL,
        shippable=False,
        trained_on="24,442 face pictures from the web and warped copies of them",
        source="github.com/yuezunli/CVPRW2019_Face_Artifacts, checkpoint ckpt_res50",
        definition="slim_resnet",
        builder="build",
        namer="named",
        side=224,
    ),
    Published(
        id="dsp_fwa",
        title="Dual spatial pyramid for face warping artifacts",
        paper="Y. Li, S. Lyu, DSP-FWA, 2019",
        url="https://github.com/yuezunli/DSP-FWA",
        licence="CC BY-NC-SA 4.0",
        licence_note=_NON_COMMERCIAL,
        shippable=False,
        trained_on="face pictures from the web and warped copies of them",
        source="github.com/yuezunli/DSP-FWA, SPP-res50.pth",
        definition="resnet",
        builder="build_dsp_fwa",
        namer="named_dsp_fwa",
        side=224,
    ),
    Published(
        id="hopenet",
        title="HopeNet",
        paper="N. Ruiz, E. Chong, J. M. Rehg, CVPR workshops 2018",
        url="https://arxiv.org/abs/1710.00925",
        licence="Apache-2.0",
        licence_note=_FREE,
        shippable=True,
        trained_on="300W-LP",
        source="github.com/natanielruiz/deep-head-pose, hopenet_alpha1/alpha2/robust_alpha1.pkl",
        definition="resnet",
        builder="build_hopenet",
        namer="named_plain",
        side=224,
        output="bins",
    ),
    Published(
        id="sixdrepnet",
        title="6DRepNet",
        paper="T. Hempel, A. A. Abdelrahman, A. Al-Hamadi, ICIP 2022",
        url="https://arxiv.org/abs/2202.12555",
        licence="MIT",
        licence_note=_FREE,
        shippable=True,
        trained_on="300W-LP",
        source="github.com/thohemp/6DRepNet, 6DRepNet_300W_LP_AFLW2000.pth",
        definition="repvgg",
        builder="build",
        namer="named",
        side=224,
        output="rotation",
    ),
    Published(
        id="cnndetection",
        title="CNNDetection",
        paper="S.-Y. Wang et al., CVPR 2020",
        url="https://arxiv.org/abs/1912.11035",
        licence="CC BY-NC-SA 4.0",
        licence_note=_NON_COMMERCIAL,
        shippable=False,
        trained_on="LSUN pictures and ProGAN pictures of 20 classes",
        source="github.com/peterwang512/CNNDetection, blur_jpg_prob0.1.pth or blur_jpg_prob0.5.pth",
        definition="resnet",
        builder="build_cnndetection",
        namer="named_checkpoint",
        side=224,
        free_sides=True,
    ),
    Published(
        id="community_forensics",
        title="Community Forensics ViT-S",
        paper="J. Park, A. Owens, CVPR 2025",
        url="https://arxiv.org/abs/2411.04125",
        licence="MIT",
        licence_note=_FREE,
        shippable=True,
        trained_on="2.7 million pictures of 4,803 generators and real pictures",
        source="huggingface.co/OwensLab/commfor-model-384, model.safetensors",
        definition="vit",
        builder="build",
        namer="named",
        side=384,
        download=Download(
            "https://huggingface.co/OwensLab/commfor-model-384/resolve/main/model.safetensors"
        ),
    ),
    Published(
        id="self_blended_images",
        title="Self-blended images, EfficientNet-B4",
        paper="K. Shiohara, T. Yamasaki, CVPR 2022",
        url="https://arxiv.org/abs/2204.08376",
        licence="non-commercial, not to be passed on (University of Tokyo)",
        licence_note=_NON_COMMERCIAL,
        shippable=False,
        trained_on="real videos of FaceForensics++ and blended copies of them",
        source="github.com/mapooon/SelfBlendedImages, FFraw.tar or FFc23.tar",
        definition="efficientnet",
        builder="build",
        namer="named",
        side=380,
    ),
    _mesonet(
        "meso4_deepfake",
        "MesoNet Meso-4, Deepfake",
        "Meso4_DF.h5",
        "faces of Deepfake videos from the web",
        "build_meso4",
        "036ed30d04ffd9c7506f825b97c86aa64915f5818931da96817b169aad790af5",
    ),
    _mesonet(
        "meso4_face2face",
        "MesoNet Meso-4, Face2Face",
        "Meso4_F2F.h5",
        "FaceForensics, Face2Face videos",
        "build_meso4",
        "bcfda015d217b9f8d6557693edbdf9f4e79cfd22672541968dd0e2954462b5d7",
    ),
    _mesonet(
        "mesoinception4_deepfake",
        "MesoNet MesoInception-4, Deepfake",
        "MesoInception_DF.h5",
        "faces of Deepfake videos from the web",
        "build_inception",
        "234586d40058e76ef8b6f27ca4b63c06e31c2a5a69c0d8ba6f30b1468ab7bafa",
    ),
    _mesonet(
        "mesoinception4_face2face",
        "MesoNet MesoInception-4, Face2Face",
        "MesoInception_F2F.h5",
        "FaceForensics, Face2Face videos",
        "build_inception",
        "d4533ac8a3197dc35c47405d23d99e888c1d0135e267e03540c7451feaccff3f",
    ),
)
#: The support vector machine is arrays, not a network; `telltale.published.pose_machine` reads it.
_MACHINE = Published(
    id="head_pose_svm",
    title="Inconsistent head poses, support vector machine",
    paper="X. Yang, Y. Li, S. Lyu, ICASSP 2019",
    url="https://arxiv.org/abs/1811.00661",
    licence="not for commercial use",
    licence_note=_NON_COMMERCIAL,
    shippable=False,
    trained_on="frames of UADFV",
    source="the authors' headpose_forensic repository, R_full_mat_t_vec_model.p",
    definition="",
    builder="",
    namer="",
    side=0,
    output="decision",
)

CATALOGUE: dict[str, Published] = {row.id: row for row in (*_ROWS, _MACHINE)}
