"""Every sentence with which the lab judges a detector's file, in every language."""

from __future__ import annotations

from typing import Final

from telltale.wording import Book, Words


class Refused(Exception):
    """What a person handed in cannot be used; `words` say why, `str()` in English."""

    def __init__(self, why: Words) -> None:
        super().__init__(why["en"])
        self.words = why


SENTENCES: Final[dict[str, Words]] = {
    # loading: why a file is no detector
    "file.unreadable": {
        "en": "{path} could not be read: {why}.",
        "es": "No se pudo leer {path}: {why}.",
    },
    "file.large": {
        "en": "{name} has more than {most} MB; no detector.",
        "es": "{name} tiene más de {most} MB; no es un detector.",
    },
    "file.stops": {
        "en": "{name} stops when it is loaded: {error}",
        "es": "{name} se detiene al cargarse: {error}",
    },
    "file.stops.line": {
        "en": "{name} stops when it is loaded at line {line}: {error}",
        "es": "{name} se detiene al cargarse, en la línea {line}: {error}",
    },
    "file.ends": {
        "en": "{name} is a program that ends itself, not a detector.",
        "es": "{name} es un programa que termina por sí mismo, no un detector.",
    },
    "file.no_python": {
        "en": "{name}, line {line}: this is not Python ({why}).",
        "es": "{name}, línea {line}: esto no es Python ({why}).",
    },
    "file.no_source": {
        "en": "{name} is not a Python file ({why}).",
        "es": "{name} no es un archivo de Python ({why}).",
    },
    "file.no_detector": {
        "en": "{name} is no detector: {problems}",
        "es": "{name} no es un detector: {problems}",
    },
    "file.twice": {
        "en": "{name}: another file has the id {id} too.",
        "es": "{name}: otro archivo también tiene el id {id}.",
    },
    "file.alone": {
        "en": "{name} needs {onnx} and {form} beside it.",
        "es": "{name} necesita {onnx} y {form} a su lado.",
    },
    "file.no_self_test": {
        "en": "{name}.json holds no recorded self-test.",
        "es": "{name}.json no contiene ninguna autocomprobación registrada.",
    },
    "file.other_network": {
        "en": "{name}.onnx is not the network whose self-test was recorded.",
        "es": "{name}.onnx no es la red cuya autocomprobación se registró.",
    },
    "problem.no_card": {
        "en": "It has no CARD, a telltale.finding.Card.",
        "es": "No tiene CARD, una telltale.finding.Card.",
    },
    "problem.no_function": {
        "en": "It has no function {name}.",
        "es": "No tiene la función {name}.",
    },
    "problem.looks_at": {
        "en": "LOOKS_AT must be one of: {kinds}.",
        "es": "LOOKS_AT debe ser uno de: {kinds}.",
    },
    "problem.arguments.one": {
        "en": "{name} must take {n} argument.",
        "es": "{name} debe admitir {n} argumento.",
    },
    "problem.arguments.other": {
        "en": "{name} must take {n} arguments.",
        "es": "{name} debe admitir {n} argumentos.",
    },
    "problem.id": {
        "en": "The card's id must be lower-case letters, digits and underscores, 3 to 64.",
        "es": "El id de la ficha debe tener letras minúsculas, cifras y guiones bajos, de 3 a 64.",
    },
    "problem.id_taken": {
        "en": "The id {id} is that of a shipped test; choose another.",
        "es": "El id {id} es el de una prueba incluida; elija otro.",
    },
    "problem.family": {
        "en": "The card's family must be one of {families}.",
        "es": "La familia de la ficha (family) debe ser una de {families}.",
    },
    "problem.text": {
        "en": "The card's {name} must be a text.",
        "es": "En la ficha, {name} debe ser un texto.",
    },
    "problem.limits": {
        "en": "The card's limits must say at least one thing that the test cannot do.",
        "es": "Los límites de la ficha (limits) deben decir al menos una cosa que la prueba no "
        "puede hacer.",
    },
    "problem.models": {
        "en": "The card's models must be a tuple of ids.",
        "es": "Los modelos de la ficha (models) deben ser una tupla de ids.",
    },
    "problem.references": {
        "en": "The card's references must name at least one paper, as a Reference.",
        "es": "Las referencias de la ficha (references) deben nombrar al menos un artículo, como "
        "Reference.",
    },
    # the form of a network
    "network.names": {
        "en": "The names of input and output must be given.",
        "es": "Hay que indicar los nombres de la entrada y de la salida.",
    },
    "network.side": {
        "en": "The side must be 8 to 2048 pixels.",
        "es": "El lado debe ser de 8 a 2048 píxeles.",
    },
    "network.choice": {
        "en": "{name} must be one of {allowed}.",
        "es": "{name} debe ser uno de {allowed}.",
    },
    "network.three": {
        "en": "mean and scale need three numbers each, those of scale above 0.",
        "es": "mean y scale necesitan tres números cada uno, los de scale por encima de 0.",
    },
    "network.enlarge": {
        "en": "enlarge must be 0.5 to 4.",
        "es": "enlarge debe ser de 0,5 a 4.",
    },
    "network.index": {"en": "index counts from 0.", "es": "index se cuenta desde 0."},
    "network.no_field": {
        "en": "The form has no field {name}.",
        "es": "El formulario no tiene el campo {name}.",
    },
    "network.list": {"en": "{name} must be a list.", "es": "{name} debe ser una lista."},
    "network.lacks": {
        "en": "The form lacks or misuses: {which}.",
        "es": "Al formulario le falta, o usa mal: {which}.",
    },
    "network.no_output": {
        "en": "The network has no output called {name}.",
        "es": "La red no tiene ninguna salida llamada {name}.",
    },
    "network.does_not_run": {
        "en": "The network does not run on this input: {why}",
        "es": "La red no funciona con esta entrada: {why}",
    },
    "network.not_here": {
        "en": "The network cannot be run here: {why}",
        "es": "La red no se puede ejecutar aquí: {why}",
    },
    "network.finite": {
        "en": "The network's answer holds numbers that are not finite.",
        "es": "La respuesta de la red contiene números que no son finitos.",
    },
    "network.size.one": {
        "en": "The output has {n} value; index {index} is none.",
        "es": "La salida tiene {n} valor; el índice {index} no existe.",
    },
    "network.size.other": {
        "en": "The output has {n} values; index {index} is none.",
        "es": "La salida tiene {n} valores; el índice {index} no existe.",
    },
    "network.twice": {
        "en": "The network does not give the same answer twice.",
        "es": "La red no da dos veces la misma respuesta.",
    },
    "network.large": {
        "en": "A network has up to {most} MB.",
        "es": "Una red tiene hasta {most} MB.",
    },
    "network.unreadable": {
        "en": "{name} cannot be read: {why}.",
        "es": "{name} no se puede leer: {why}.",
    },
    "network.no_form": {
        "en": "{name} holds no form.",
        "es": "{name} no contiene ningún formulario.",
    },
    # form, purity, docstrings
    "form.passed": {
        "en": "CARD, applicable and run are there and the card is filled in.",
        "es": "CARD, applicable y run están ahí y la ficha está rellena.",
    },
    "form.named": {
        "en": "The file is called {name}; its card's id asks for {id}.py.",
        "es": "El archivo se llama {name}; el id de su ficha pide {id}.py.",
    },
    "form.placeholder": {
        "en": "The card still holds a placeholder (TODO or ...).",
        "es": "La ficha aún contiene un texto de relleno (TODO o ...).",
    },
    "form.question": {
        "en": "The card's question must be one, and end with a mark.",
        "es": "La pregunta de la ficha (question) debe serlo y terminar en un signo.",
    },
    "form.address": {
        "en": "The address of each paper must begin with https://.",
        "es": "La dirección de cada artículo debe empezar por https://.",
    },
    "purity.passed": {
        "en": "It reaches for nothing beyond the arrays that it is given.",
        "es": "No busca nada más allá de las matrices que recibe.",
    },
    "purity.failed": {
        "en": "A detector gets arrays and hands back a Finding; here {found}.",
        "es": "Un detector recibe matrices y devuelve un Finding; aquí {found}.",
    },
    "purity.another": {
        "en": "line {line} imports another detector, {module}",
        "es": "la línea {line} importa otro detector, {module}",
    },
    "purity.imports": {
        "en": "line {line} imports {module}",
        "es": "la línea {line} importa {module}",
    },
    "purity.calls": {
        "en": "line {line} calls {name}()",
        "es": "la línea {line} llama a {name}()",
    },
    "docstrings.passed": {
        "en": "All there. Papers: {papers}, limits: {limits}.",
        "es": "Están todos. Artículos: {papers}, límites: {limits}.",
    },
    "docstrings.missing": {
        "en": "Without a docstring: {names}.",
        "es": "Sin docstring: {names}.",
    },
    "docstrings.file": {"en": "the file", "es": "el archivo"},
    # awkward pictures
    "awkward.passed": {
        "en": "All {n} got an answer or a clear reason.",
        "es": "Las {n} obtuvieron una respuesta o un motivo claro.",
    },
    "awkward.failed": {"en": "{told}.", "es": "{told}."},
    "awkward.failed.more": {"en": "{told} (and {n} more).", "es": "{told} (y {n} más)."},
    "awkward.told": {"en": "{picture}: {trouble}", "es": "{picture}: {trouble}"},
    "picture.one_pixel": {"en": "one pixel", "es": "un píxel"},
    "picture.eight": {"en": "eight by eight pixels", "es": "ocho por ocho píxeles"},
    "picture.odd": {"en": "odd sides, 257 by 259", "es": "lados impares, 257 por 259"},
    "picture.strip": {"en": "a strip of 4,000 by 3", "es": "una tira de 4000 por 3"},
    "picture.grey": {"en": "one grey", "es": "un solo gris"},
    "picture.black": {"en": "all black", "es": "toda negra"},
    "picture.white": {"en": "all white", "es": "toda blanca"},
    "picture.noise": {"en": "pure noise", "es": "ruido puro"},
    "picture.drawing": {"en": "a drawing of two colours", "es": "un dibujo de dos colores"},
    "picture.grey_jpeg": {"en": "a grey JPEG", "es": "un JPEG gris"},
    "picture.quality_5": {"en": "a JPEG of quality 5", "es": "un JPEG de calidad 5"},
    "picture.transparent": {"en": "a PNG with transparency", "es": "un PNG con transparencia"},
    "picture.16_bits": {"en": "16 bits", "es": "16 bits"},
    "picture.turned": {"en": "a picture lying on its side", "es": "una imagen tumbada"},
    "picture.screen": {
        "en": "pixels of a screen without a file",
        "es": "píxeles de una pantalla sin archivo",
    },
    "picture.face_outside": {"en": "a face half outside", "es": "una cara con la mitad fuera"},
    "picture.face_small": {"en": "a face of six pixels", "es": "una cara de seis píxeles"},
    "picture.no_faces": {
        "en": "faces could not be looked for",
        "es": "no se pudieron buscar caras",
    },
    "picture.one_frame": {"en": "a video of one frame", "es": "un vídeo de un solo fotograma"},
    "picture.no_track": {"en": "a video without a face", "es": "un vídeo sin ninguna cara"},
    "picture.no_tracker": {
        "en": "a video in which faces could not be looked for",
        "es": "un vídeo en el que no se pudieron buscar caras",
    },
    "picture.uneven": {
        "en": "frames at uneven times, and a face that is lost for seconds",
        "es": "fotogramas a intervalos desiguales y una cara que se pierde durante segundos",
    },
    "picture.two_faces": {
        "en": "two faces, one of them for a single moment",
        "es": "dos caras, una de ellas un solo instante",
    },
    "picture.still": {"en": "a face that does not move", "es": "una cara que no se mueve"},
    "picture.ordinary": {"en": "an ordinary photograph", "es": "una fotografía corriente"},
    "trouble.changed": {
        "en": "it changed the arrays that it was given",
        "es": "cambió las matrices que recibió",
    },
    "trouble.applicable_raises": {
        "en": "applicable() raises {error}",
        "es": "applicable() lanza {error}",
    },
    "trouble.applicable_returns": {
        "en": "applicable() returns no Inapplicable",
        "es": "applicable() no devuelve un Inapplicable",
    },
    "trouble.run_raises": {
        "en": "run() raises {error}; let applicable() refuse it",
        "es": "run() lanza {error}; que applicable() la rechace",
    },
    "trouble.no_finding": {
        "en": "run() returns {type}, no Finding",
        "es": "run() devuelve {type}, no un Finding",
    },
    "trouble.name": {
        "en": "the finding is in the name of {name}; make it from CARD",
        "es": "el hallazgo está a nombre de {name}; hágalo a partir de CARD",
    },
    "trouble.llr": {
        "en": "the finding gives itself a likelihood ratio; only a calibration may",
        "es": "el hallazgo se da una razón de verosimilitud; solo puede una calibración",
    },
    "trouble.no_sentence": {
        "en": "the finding has no sentence",
        "es": "el hallazgo no tiene ninguna frase",
    },
    "trouble.reason": {
        "en": "the reason {reason} is none of the list",
        "es": "el motivo {reason} no está en la lista",
    },
    "trouble.score": {"en": "the score is {value}", "es": "la puntuación es {value}"},
    "trouble.scale": {
        "en": "the score's scale has no width",
        "es": "la escala de la puntuación no tiene anchura",
    },
    "trouble.map_empty": {"en": "the map {name} is empty", "es": "el mapa {name} está vacío"},
    "trouble.map_finite": {
        "en": "the map {name} holds numbers that are not finite",
        "es": "el mapa {name} contiene números que no son finitos",
    },
    "trouble.record": {
        "en": "the finding cannot be written to a record ({error})",
        "es": "el hallazgo no se puede escribir en un registro ({error})",
    },
    # determinism, cancelling, time
    "determinism.passed": {
        "en": "Two runs on one picture agree to the last digit.",
        "es": "Dos ejecuciones sobre una imagen coinciden hasta la última cifra.",
    },
    "determinism.failed": {
        "en": "Two runs on one picture differ. Draw from np.random.default_rng(a fixed seed).",
        "es": "Dos ejecuciones sobre una imagen difieren. Use np.random.default_rng(semilla fija).",
    },
    "cancelling.passed": {
        "en": "It stops when the person asks it to.",
        "es": "Se detiene cuando la persona lo pide.",
    },
    "cancelling.failed": {
        "en": "Asked to stop, it raises {error}.",
        "es": "Cuando se le pide que se detenga, lanza {error}.",
    },
    "cancelling.warning": {
        "en": "It was not seen to ask whether to stop: call context.step(share, words) now and "
        "then.",
        "es": "No se vio que preguntara si debe detenerse: llame a context.step(parte, palabras) "
        "de vez en cuando.",
    },
    "time.passed": {
        "en": "{seconds} s on {megapixels} megapixels here.",
        "es": "{seconds} s con {megapixels} megapíxeles aquí.",
    },
    "time.trouble": {
        "en": "On {megapixels} megapixels {trouble}.",
        "es": "Con {megapixels} megapíxeles {trouble}.",
    },
    "time.failed": {
        "en": "{seconds} s on {megapixels} megapixels here; nobody waits longer than {most} s.",
        "es": "{seconds} s con {megapixels} megapíxeles aquí; nadie espera más de {most} s.",
    },
    "time.warning": {
        "en": "{seconds} s on {megapixels} megapixels here: above {most} s it is a deep test "
        "(Entry(..., deep=True)).",
        "es": "{seconds} s con {megapixels} megapíxeles aquí: por encima de {most} s es una prueba "
        "profunda (Entry(..., deep=True)).",
    },
    # what the page asks for and cannot have
    "no_picture": {"en": "There is no picture yet.", "es": "Aún no hay ninguna imagen."},
}

_BOOK = Book(SENTENCES)
words, counted = _BOOK.words, _BOOK.counted
