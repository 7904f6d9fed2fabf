"""Every string that the report itself says, in every language it can say it in."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "title": {"en": "Telltale report", "es": "Informe de Telltale"},
    "made": {"en": "Report of {when}", "es": "Informe del {when}"},
    "picture": {"en": "The examined picture", "es": "La imagen examinada"},
    "not_examined": {"en": "Not examined: ", "es": "No se examinó: "},
    "summary": {"en": "Summary", "es": "Resumen"},
    "answers": {"en": "The questions and their answers", "es": "Las preguntas y sus respuestas"},
    "care": {"en": "Read with care", "es": "Léase con cuidado"},
    "ran": {
        "en": "{ran} of {all} tests could be applied to this picture; for each of the others the "
        "reason is given.",
        "es": "Se pudieron aplicar a esta imagen {ran} de {all} pruebas; de cada una de las demás "
        "se da el motivo.",
    },
    "faces": {"en": "Faces found: {n}.", "es": "Caras encontradas: {n}."},
    "faces_unknown": {"en": "Faces were not looked for.", "es": "No se buscaron caras."},
    "no_proof": {
        "en": "This report says how well what was measured fits two explanations. It is not proof "
        "of either, it does not say whether what the picture shows is true, and it accuses nobody.",
        "es": "Este informe dice cuán bien lo medido encaja con dos explicaciones. No prueba "
        "ninguna de ellas, no dice si lo que muestra la imagen es verdad y no acusa a nadie.",
    },
    "next": {"en": "What to do next", "es": "Qué hacer ahora"},
    "english": {
        "en": "Some of what the tests say is in English.",
        "es": "Parte de lo que dicen las pruebas está en inglés.",
    },
    "index": {"en": "At a glance", "es": "De un vistazo"},
    "files": {"en": "Files in this report", "es": "Archivos de este informe"},
    "weighed": {"en": "What is weighed against what", "es": "Qué se sopesa frente a qué"},
    "proposition": {"en": "Proposition {n}", "es": "Proposición {n}"},
    "llr": {
        "en": "log10 likelihood ratio {llr}, 95 % interval {low} to {high}",
        "es": "log10 de la razón de verosimilitud: {llr}; intervalo del 95 %: de {low} a {high}",
    },
    "test": {"en": "Test", "es": "Prueba"},
    "adds": {"en": "adds to log10 LR", "es": "aporta al log10 de la RV"},
    "carried_by": {"en": "Carried by: {tests}.", "es": "Lo sostiene: {tests}."},
    "contradicted_by": {"en": "Contradicted by: {tests}.", "es": "Lo contradice: {tests}."},
    "reduced": {"en": "on a reduced copy", "es": "con una copia reducida"},
    "weak": {"en": "weak cue", "es": "indicio débil"},
    "unreviewed": {
        "en": "unreviewed, does not weigh",
        "es": "sin revisar, no se sopesa",
    },
    "scale_words": {
        "en": "Scale: {steps}; below that, inconclusive. A likelihood ratio says how many times "
        "better the findings fit one proposition than the other. It is not a probability that "
        "either is true.",
        "es": "Escala: {steps}; por debajo, no concluyente. Una razón de verosimilitud dice "
        "cuántas veces mejor encajan los hallazgos con una proposición que con la otra. No es la "
        "probabilidad de que alguna sea cierta.",
    },
    "step": {
        "en": "{strength} from a likelihood ratio of {ratio}",
        "es": "{strength} desde una razón de verosimilitud de {ratio}",
    },
    "strength.substantial": {"en": "substantial", "es": "considerables"},
    "strength.some": {"en": "some", "es": "algunos"},
    "strength.little": {"en": "little", "es": "pocos"},
    "tests": {"en": "Each test", "es": "Cada prueba"},
    "measured": {"en": "Measured", "es": "Medido"},
    "scale": {
        "en": "on a scale from {low} to {high}; {words}",
        "es": "en una escala de {low} a {high}; {words}",
    },
    "higher_is_suspicious": {
        "en": "higher is more suspicious",
        "es": "cuanto más alto, más sospechoso",
    },
    "lower_is_suspicious": {
        "en": "lower is more suspicious",
        "es": "cuanto más bajo, más sospechoso",
    },
    "none": {
        "en": "neither end is suspicious by itself",
        "es": "ningún extremo es sospechoso por sí solo",
    },
    "question": {"en": "Question.", "es": "Pregunta."},
    "how": {"en": "How.", "es": "Cómo."},
    "limits": {"en": "When not to trust it.", "es": "Cuándo no fiarse."},
    "reference": {"en": "After", "es": "Según"},
    "parameters": {"en": "Parameters", "es": "Parámetros"},
    "face": {"en": "Face {n}", "es": "Cara {n}"},
    "part.box": {"en": "Area", "es": "Zona"},
    "part.whole": {"en": "Whole picture", "es": "Imagen entera"},
    "more_parts": {
        "en": "and {n} more, in the record",
        "es": "y {n} más, en el registro",
    },
    "legend": {"en": "Dark {low} to light {high}", "es": "De oscuro {low} a claro {high}"},
    "yes": {"en": "yes", "es": "sí"},
    "no": {"en": "no", "es": "no"},
    "not_measured": {"en": "not measured", "es": "no medido"},
    "silent": {"en": "Tests that say nothing here", "es": "Pruebas que aquí no dicen nada"},
    "why": {"en": "Why", "es": "Por qué"},
    "custody": {"en": "Chain of custody", "es": "Cadena de custodia"},
    "custody.how": {
        "en": "Written by whoever examined the picture; empty lines are for handwriting.",
        "es": "Lo escribe quien examinó la imagen; las líneas vacías son para escribir a mano.",
    },
    "identity": {"en": "The file", "es": "El archivo"},
    "name": {"en": "Name", "es": "Nombre"},
    "sha256": {"en": "SHA-256 of the bytes as received", "es": "SHA-256 de los bytes recibidos"},
    "pixels_sha256": {
        "en": "SHA-256 of the decoded pixels",
        "es": "SHA-256 de los píxeles decodificados",
    },
    "size": {"en": "Size", "es": "Tamaño"},
    "bytes": {"en": "{n} bytes", "es": "{n} bytes"},
    "rung": {"en": "Obtained as", "es": "Obtenido como"},
    "format": {"en": "Format", "es": "Formato"},
    "pixels": {"en": "Pixels", "es": "Píxeles"},
    "decoder": {"en": "Decoder", "es": "Decodificador"},
    "obtained": {"en": "How it was obtained", "es": "Cómo se obtuvo"},
    "page": {"en": "Seen on", "es": "Vista en"},
    "address": {"en": "Its address", "es": "Su dirección"},
    "asked": {"en": "Asked for", "es": "Se pidió"},
    "tried": {"en": "Tried", "es": "Se intentó"},
    "worked": {"en": "worked", "es": "funcionó"},
    "time": {"en": "Second of the video", "es": "Segundo del vídeo"},
    "computed": {"en": "How the numbers were made", "es": "Cómo se hicieron los números"},
    "started": {"en": "Begun", "es": "Comenzado"},
    "created": {"en": "Finished", "es": "Terminado"},
    "extent": {"en": "Extent", "es": "Alcance"},
    "extent.deep": {
        "en": "all tests, the slow ones too",
        "es": "todas las pruebas, también las lentas",
    },
    "extent.quick": {"en": "the quick tests", "es": "las pruebas rápidas"},
    "software": {"en": "Software", "es": "Programa"},
    "build": {"en": "Build", "es": "Compilación"},
    "code": {"en": "SHA-256 of its code", "es": "SHA-256 de su código"},
    "runtime": {"en": "Runtime", "es": "Entorno"},
    "libraries": {"en": "Libraries", "es": "Bibliotecas"},
    "upgraded": {"en": "Written in the form", "es": "Escrito en la forma"},
    "model": {"en": "Model", "es": "Modelo"},
    "backend": {"en": "Ran on", "es": "Se ejecutó en"},
    "self_test": {"en": "Self-test", "es": "Autoprueba"},
    "self_test.off": {
        "en": "off by {error}, {tolerance} allowed",
        "es": "error de {error}, se admite {tolerance}",
    },
    "self_test.none": {"en": "none stored", "es": "ninguna guardada"},
    "version": {"en": "Version", "es": "Versión"},
    "source": {"en": "SHA-256 of its source", "es": "SHA-256 de su código"},
    "took": {"en": "Time", "es": "Tiempo"},
    "repeat": {
        "en": "To repeat it: save the record (JSON) with the file and run “telltale replay "
        "RECORD FILE”, or drop both on Telltale’s page. It says field by field what agrees.",
        "es": "Para repetirlo: guarde el registro (JSON) con el archivo y ejecute «telltale "
        "replay REGISTRO ARCHIVO», o suelte ambos en la página de Telltale. Dice campo por campo "
        "qué coincide.",
    },
    "glossary": {"en": "Glossary", "es": "Glosario"},
    "term.likelihood": {"en": "Likelihood ratio (LR)", "es": "Razón de verosimilitud (RV)"},
    "means.likelihood": {
        "en": "How many times more probable the findings are if the first proposition is true "
        "than if the second is. 1 says nothing, 10 is ten times. Its log10 is given: 0 says "
        "nothing, +1 is ten times for the first, −1 ten times for the second.",
        "es": "Cuántas veces más probables son los hallazgos si la primera proposición es cierta "
        "que si lo es la segunda. 1 no dice nada, 10 es diez veces. Se da su log10: 0 no dice "
        "nada, +1 es diez veces a favor de la primera, −1 diez veces a favor de la segunda.",
    },
    "term.interval": {"en": "95 % interval", "es": "Intervalo del 95 %"},
    "means.interval": {
        "en": "The range in which the ratio lies when the uncertainty of the samples it was "
        "calibrated with, and of repetitions on slightly changed copies, is counted in. Where the "
        "ratio is cut at the most that those samples support, the interval is cut too and may "
        "have no width.",
        "es": "El margen en que está la razón si se cuenta la incertidumbre de las muestras con "
        "que se calibró y la de repetirla en copias ligeramente cambiadas. Donde la razón se corta "
        "en lo máximo que esas muestras respaldan, se corta también el intervalo, que puede no "
        "tener anchura.",
    },
    "term.inconclusive": {"en": "Inconclusive", "es": "No concluyente"},
    "means.inconclusive": {
        "en": "An answer like the others: what was measured fits both propositions about as well.",
        "es": "Una respuesta como las otras: lo medido encaja más o menos igual con ambas "
        "proposiciones.",
    },
    "term.hash": {"en": "SHA-256", "es": "SHA-256"},
    "means.hash": {
        "en": "A fingerprint of data. Change one bit and it is another; two files with the same "
        "fingerprint are the same file.",
        "es": "Una huella de los datos. Si cambia un bit, es otra; dos archivos con la misma "
        "huella son el mismo archivo.",
    },
    "term.map": {"en": "Heat map", "es": "Mapa de calor"},
    "means.map": {
        "en": "A measurement drawn over the picture, dark for low and light for high values. "
        "Light is not guilt: edges and texture are often light in untouched pictures.",
        "es": "Una medición dibujada sobre la imagen, oscura donde es baja y clara donde es alta. "
        "Lo claro no es culpa: los bordes y la textura suelen ser claros en imágenes intactas.",
    },
    "term.rung": {"en": "Obtained as", "es": "Obtenido como"},
    "means.rung": {
        "en": "How near to the original the examined data are: the file, the bytes of a page, "
        "its pixels, or a screenshot. The further away, the fewer traces are left.",
        "es": "Cuán cerca del original están los datos examinados: el archivo, los bytes de una "
        "página, sus píxeles o una captura. Cuanto más lejos, menos huellas quedan.",
    },
    "term.weak": {"en": "Weak cue", "es": "Indicio débil"},
    "means.weak": {
        "en": "An aid to the eye or a fragile trace. It can add to an answer, never carry it.",
        "es": "Una ayuda para el ojo o una huella frágil. Puede sumar a una respuesta, nunca "
        "sostenerla.",
    },
    "term.model": {"en": "Model, self-test", "es": "Modelo, autoprueba"},
    "means.model": {
        "en": "A trained network. Before it is trusted on a machine it must reproduce stored "
        "answers there.",
        "es": "Una red entrenada. Antes de fiarse de ella en un equipo, debe reproducir en él "
        "respuestas guardadas.",
    },
    "term.propositions": {"en": "Proposition", "es": "Proposición"},
    "means.propositions": {
        "en": "One of two explanations that exclude each other. Findings are weighed between "
        "them; which is true is for people to judge, with all else they know.",
        "es": "Una de dos explicaciones que se excluyen. Los hallazgos se sopesan entre ellas; "
        "cuál es cierta lo juzgan las personas, con todo lo demás que saben.",
    },
}

#: The terms of the glossary, in order.
GLOSSARY: Final = tuple(key[5:] for key in WORDS if key.startswith("term."))
#: What a person may fill in before saving, in order.
CUSTODY: Final = ("case", "exhibit", "from", "received", "examiner", "organisation", "remarks")
