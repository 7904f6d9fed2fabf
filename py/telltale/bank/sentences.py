"""Every sentence with which the bank answers, in every language; `say` fills in `{name}`."""

from __future__ import annotations

from typing import Final

from telltale.wording import Book, Words

SENTENCES: Final[dict[str, Words]] = {
    "label.real": {"en": "real", "es": "auténtica"},
    "label.fake": {"en": "fake", "es": "falsa"},
    "label.suspected": {"en": "suspected", "es": "sospechosa"},
    "said": {"en": "{said_by}: {label}", "es": "{said_by}: {label}"},
    "said.method": {"en": "{said_by}: {label} ({method})", "es": "{said_by}: {label} ({method})"},
    "family.camera": {"en": "camera pictures", "es": "imágenes de cámara"},
    "family.unnamed": {"en": "fakes of unnamed method", "es": "falsas de método no indicado"},
    "answer.off": {"en": "The bank was not asked.", "es": "No se consultó el banco."},
    "answer.unavailable": {
        "en": "The bank could not be asked: {why}",
        "es": "No se pudo consultar el banco: {why}",
    },
    "answer.empty": {
        "en": "The bank on this device is empty: there is nothing to compare with.",
        "es": "El banco de este dispositivo está vacío: no hay con qué comparar.",
    },
    "answer.same_file": {
        "en": "This very file is in the bank. {said}.",
        "es": "Este mismo archivo está en el banco. {said}.",
    },
    "answer.same_picture": {
        "en": "The same picture, recompressed, resized or cropped, is in the bank. {said}.",
        "es": "La misma imagen, recomprimida, redimensionada o recortada, está en el banco. "
        "{said}.",
    },
    "answer.same_frames.one": {
        "en": "{n} of the {all} frames that were looked at is in the bank. {said}.",
        "es": "{n} de los {all} fotogramas examinados está en el banco. {said}.",
    },
    "answer.same_frames.other": {
        "en": "{n} of the {all} frames that were looked at are in the bank. {said}.",
        "es": "{n} de los {all} fotogramas examinados están en el banco. {said}.",
    },
    "samples.one": {"en": "{n} sample", "es": "{n} muestra"},
    "samples.other": {"en": "{n} samples", "es": "{n} muestras"},
    "often.equally": {"en": "as frequent", "es": "igual de frecuentes"},
    "often.times": {"en": "{times} times as frequent", "es": "{times} veces más frecuentes"},
    "answer.related": {
        "en": "The picture itself is not in the bank; its traces resemble one of its families: "
        "{family}.",
        "es": "La imagen no está en el banco; sus huellas se parecen a una de sus familias: "
        "{family}.",
    },
    "answer.unrelated": {
        "en": "Not related to anything known to the bank.",
        "es": "Sin relación con nada de lo que conoce el banco.",
    },
    "answer.unknown": {
        "en": "Neither this file nor this picture is in the bank.",
        "es": "Ni este archivo ni esta imagen están en el banco.",
    },
    "relation.no_sample": {
        "en": "The bank has no confirmed sample to compare with.",
        "es": "El banco no tiene ninguna muestra confirmada con la que comparar.",
    },
    "relation.few": {
        "en": "The nearest family is {family}, at a distance of {distance}. It has {samples}, "
        "{own} of them with a neighbour that is no copy; {enough} are needed to say what that "
        "distance means.",
        "es": "La familia más cercana es {family}, a una distancia de {distance}. Tiene {samples}, "
        "{own} de ellas con una vecina que no es copia; hacen falta {enough} para decir qué "
        "significa esa distancia.",
    },
    "relation.unrelated": {
        "en": "Not related to anything known: the nearest family, {family}, is at a distance of "
        "{distance}; {share} of its own samples have a neighbour within {reach}.",
        "es": "Sin relación con nada conocido: la familia más cercana, {family}, está a una "
        "distancia de {distance}; el {share} de sus propias muestras tiene una vecina a menos de "
        "{reach}.",
    },
    "relation.few_others": {
        "en": "The nearest family is {family}, at a distance of {distance}. That is as near as its "
        "own samples are to each other. The bank has only {others} of other families; "
        "{enough} are needed for a likelihood ratio.",
        "es": "La familia más cercana es {family}, a una distancia de {distance}. Sus propias "
        "muestras están así de cerca unas de otras. El banco tiene solo {others} de otras "
        "familias; hacen falta {enough} para una razón de verosimilitud.",
    },
    "relation.copies": {
        "en": "The nearest family is {family}, at a distance of {distance}. The other families "
        "consist of copies of its samples.",
        "es": "La familia más cercana es {family}, a una distancia de {distance}. Las demás "
        "familias son copias de sus muestras.",
    },
    "relation.related.for": {
        "en": "The nearest family is {family}, at a distance of {distance}. Distances like that "
        "are {often} among its samples as among the other families of this bank.",
        "es": "La familia más cercana es {family}, a una distancia de {distance}. Distancias así "
        "son {often} entre sus muestras que entre las demás familias de este banco.",
    },
    "relation.related.against": {
        "en": "The nearest family is {family}, at a distance of {distance}. Distances like that "
        "are {often} among the other families of this bank as among its own samples.",
        "es": "La familia más cercana es {family}, a una distancia de {distance}. Distancias así "
        "son {often} entre las demás familias de este banco que entre sus propias muestras.",
    },
    "note.flat": {
        "en": "It is flat: it cannot be looked up by its looks.",
        "es": "Es plana: no se puede buscar por su aspecto.",
    },
    "note.no_model": {
        "en": "The bank has no sample by this model of {model}.",
        "es": "El banco no tiene ninguna muestra con este modelo de {model}.",
    },
    "head.fake": {
        "en": "The head refitted on this bank ({real} real, {fake} fake pictures) leans towards "
        "fake: log-odds {value}. Cross-validated area under the ROC curve {auc} ({low} to {high}; "
        "0.5 is chance). It is not calibrated and has no part in the verdict.",
        "es": "La cabeza reajustada con este banco ({real} imágenes auténticas, {fake} falsas) se "
        "inclina por falsa: log-odds {value}. Área bajo la curva ROC por validación cruzada {auc} "
        "({low} a {high}; 0.5 es azar). No está calibrada y no interviene en el veredicto.",
    },
    "head.real": {
        "en": "The head refitted on this bank ({real} real, {fake} fake pictures) leans towards "
        "real: log-odds {value}. Cross-validated area under the ROC curve {auc} ({low} to {high}; "
        "0.5 is chance). It is not calibrated and has no part in the verdict.",
        "es": "La cabeza reajustada con este banco ({real} imágenes auténticas, {fake} falsas) se "
        "inclina por auténtica: log-odds {value}. Área bajo la curva ROC por validación cruzada "
        "{auc} ({low} a {high}; 0.5 es azar). No está calibrada y no interviene en el veredicto.",
    },
    # the command line
    "cli.refused": {"en": "telltale {command}: {why}", "es": "telltale {command}: {why}"},
    "cli.added.new": {
        "en": "{path}: sample {id} (new), {n} embedding(s)",
        "es": "{path}: muestra {id} (nueva), {n} vector(es)",
    },
    "cli.added.known": {
        "en": "{path}: sample {id} (known already), {n} embedding(s)",
        "es": "{path}: muestra {id} (ya conocida), {n} vector(es)",
    },
    "cli.compared": {
        "en": "{path}: compared with {n} sample(s)",
        "es": "{path}: comparado con {n} muestra(s)",
    },
    "cli.note": {"en": "Note: {note}", "es": "Nota: {note}"},
    "cli.same_file": {"en": "The same file: {sample}", "es": "El mismo archivo: {sample}"},
    "cli.same_picture": {
        "en": "The same picture, changed ({bits} of 128 bits{when}; {chance} expected by chance): "
        "{sample}",
        "es": "La misma imagen, cambiada ({bits} de 128 bits{when}; {chance} esperables por azar): "
        "{sample}",
    },
    "cli.when.frames": {
        "en": "; {n} frame(s), nearest at {at} s",
        "es": "; {n} fotograma(s), el más cercano a los {at} s",
    },
    "cli.when.sample": {"en": "; at {at} s of the sample", "es": "; a los {at} s de la muestra"},
    "cli.by": {"en": "By {model}: {sentence}", "es": "Según {model}: {sentence}"},
    "cli.by.face": {
        "en": "By {model}, face {face}: {sentence}",
        "es": "Según {model}, cara {face}: {sentence}",
    },
    "cli.family": {
        "en": "{family}: distance {distance}, {n} sample(s)",
        "es": "{family}: distancia {distance}, {n} muestra(s)",
    },
    "cli.at": {"en": "at {distance}: {sample}", "es": "a {distance}: {sample}"},
    "cli.llr": {
        "en": "log10 likelihood ratio {llr}",
        "es": "log10 de la razón de verosimilitud {llr}",
    },
    "cli.neither": {
        "en": "Neither the file nor the picture is in the bank.",
        "es": "Ni el archivo ni la imagen están en el banco.",
    },
    "cli.pack": {
        "en": "pack {sha256} from {origin}, imported {when}",
        "es": "paquete {sha256} de {origin}, importado {when}",
    },
    "cli.unnamed": {"en": "somebody unnamed", "es": "alguien sin nombre"},
    "cli.taken_back": {
        "en": "The pack was taken back; {n} sample(s) deleted",
        "es": "Se retiró el paquete; {n} muestra(s) eliminada(s)",
    },
    "cli.deleted": {"en": "{n} sample(s) deleted", "es": "{n} muestra(s) eliminada(s)"},
    "cli.written": {"en": "{path}: {n} bytes", "es": "{path}: {n} bytes"},
    "cli.imported": {
        "en": "{samples} sample(s), {new} new; {statements} new statement(s), {embeddings} new "
        "embedding(s); pack {sha256}",
        "es": "{samples} muestra(s), {new} nueva(s); {statements} declaración(es) nueva(s), "
        "{embeddings} vector(es) nuevo(s); paquete {sha256}",
    },
    "cli.sample": {"en": "sample {n} {sha256}: {said}", "es": "muestra {n} {sha256}: {said}"},
    "cli.says": {"en": "says {name}, {date}", "es": "lo dice {name}, {date}"},
    "cli.kept": {"en": "analysis {n}: {name}", "es": "análisis {n}: {name}"},
    "cli.cases_imported": {
        "en": "{n} analysis(es), {new} new",
        "es": "{n} análisis, {new} nuevo(s)",
    },
    "cli.cases_deleted": {"en": "{n} analysis(es) deleted", "es": "{n} análisis eliminado(s)"},
    "seed.near": {
        "en": "Of the built-in families its traces lie nearest to {family}: distance {distance}, "
        "within the reach of {reach}.",
        "es": "De las familias incorporadas, sus huellas están más cerca de {family}: distancia "
        "{distance}, dentro del alcance de {reach}.",
    },
    "seed.none": {
        "en": "It belongs to none of the built-in families: the nearest, {family}, is at a "
        "distance of {distance}, beyond their reach of {reach}.",
        "es": "No pertenece a ninguna de las familias incorporadas: la más cercana, {family}, "
        "está a una distancia de {distance}, más allá de su alcance de {reach}.",
    },
    "seed.family.for": {
        "en": "Distances like that are {often} among pictures of that family as "
        "among those of the other families.",
        "es": "Distancias así son {often} entre las imágenes de esa familia "
        "que entre las de las demás.",
    },
    "seed.family.against": {
        "en": "Distances like that are {often} among pictures of the other "
        "families as among those of that one.",
        "es": "Distancias así son {often} entre las imágenes de las demás "
        "familias que entre las de esa.",
    },
    "seed.overall.for": {
        "en": "Distances like that are {often} where the nearest family is the "
        "picture's own as where it is not.",
        "es": "Distancias así son {often} cuando la familia más cercana es la "
        "de la imagen que cuando no lo es.",
    },
    "seed.overall.against": {
        "en": "Distances like that are {often} where the picture comes from "
        "elsewhere as where the nearest family is its own.",
        "es": "Distancias así son {often} cuando la imagen viene de otra "
        "parte que cuando la familia más cercana es la suya.",
    },
    "seed.uncalibrated": {
        "en": "What distances by this model are worth has not been measured.",
        "es": "No se ha medido qué valen las distancias según este modelo.",
    },
    "seed.family.camera": {"en": "camera pictures", "es": "imágenes de cámara"},
    "seed.family.diffusion": {"en": "diffusion", "es": "difusión"},
    "seed.family.unnamed GAN": {"en": "unnamed GAN", "es": "GAN sin nombre"},
    "seed.family.GPT image": {"en": "GPT image", "es": "imagen de GPT"},
    "seed.family.Gemini image": {"en": "Gemini image", "es": "imagen de Gemini"},
    "seed.family.Grok image": {"en": "Grok image", "es": "imagen de Grok"},
    "seed.family.vector-quantised": {"en": "vector-quantised", "es": "cuantización vectorial"},
    "seed.family.image-to-image GAN": {"en": "image-to-image GAN", "es": "GAN de imagen a imagen"},
    "seed.family.cascaded refinement": {"en": "cascaded refinement", "es": "refinado en cascada"},
    "seed.family.conditional GAN": {"en": "conditional GAN", "es": "GAN condicional"},
    "seed.family.transposed convolution": {
        "en": "transposed convolution",
        "es": "convolución transpuesta",
    },
    "seed.family.nearest neighbour": {"en": "nearest neighbour", "es": "vecino más próximo"},
    "seed.family.pixel shuffle": {"en": "pixel shuffle", "es": "reordenación de píxeles"},
    "seed.family.face swap": {"en": "face swap", "es": "intercambio de caras"},
    "seed.family.hand-made composite": {
        "en": "hand-made composite",
        "es": "montaje hecho a mano",
    },
    "seed.family.bilinear": {"en": "bilinear", "es": "bilineal"},
}

_BOOK = Book(SENTENCES)
say, words, counted = _BOOK.say, _BOOK.words, _BOOK.counted


def side(llr: float) -> str:
    """Which of two sentences a log10 likelihood ratio calls for: `for` or `against`."""
    return "for" if llr >= 0 else "against"


def often(llr: float) -> Words:
    """How much more frequent a distance is on the `side` that it speaks for."""
    ratio = times(abs(llr))
    return words("often.equally") if ratio == "1" else words("often.times", times=ratio)


def times(llr: float) -> str:
    """A log10 likelihood ratio as "so many times", in two digits, for a sentence."""
    value = float(f"{10**llr:.2g}")
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"
