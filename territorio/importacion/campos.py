"""Fields of the file as the fields of a unit: which is which, and each row taken by them."""

from __future__ import annotations

from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.lector import Fila, Lectura
from territorio.importacion.plan import SIN_CAMPO, FilaUnidad, Pedido
from territorio.importacion.texto import a_codigo, normalizar
from territorio.models import Nivel


def resolver(lectura: Lectura, pedido: Pedido, informe: Informe) -> dict[str, str]:
    """Which field of the file is what; one that was named must be there, the others are taken by exact name."""
    por_nombre = {normalizar(campo): campo for campo in reversed(lectura.campos)}
    campos: dict[str, str] = {}
    tomados = {por_nombre.get(normalizar(nombrado)) for nombrado in pedido.campos.values() if nombrado}
    for destino, nombrado in pedido.campos.items():
        if nombrado == SIN_CAMPO:
            continue
        if nombrado is not None:
            hallado = nombrado if nombrado in lectura.campos else por_nombre.get(normalizar(nombrado))
            if hallado is None:
                informe.error(
                    f"el archivo no tiene el campo «{nombrado}».",
                    f"Sus campos son: {', '.join(lectura.campos) or 'ninguno'}. Corrija --{destino}.",
                    campo=nombrado,
                    codigo="campo_desconocido",
                )
            else:
                campos[hallado] = destino
        elif destino != "padre" and destino in por_nombre and por_nombre[destino] not in tomados:
            campos[por_nombre[destino]] = destino
    if lectura.aceptable and not {"codigo", "nombre"} & set(campos.values()) and informe.aceptable:
        informe.error(
            "no se sabe qué campo trae el nombre o el código de las unidades.",
            f"Dígalo con --nombre o --codigo; los campos son: {', '.join(lectura.campos) or 'ninguno'}.",
            codigo="sin_campos",
        )
    informe.campos = campos
    return campos


def fila_de(
    fila: Fila, campos: dict[str, str], nivel: Nivel, informe: Informe, pedido: Pedido, *, ya_dicha: bool
) -> FilaUnidad:
    """Take a row as a unit and say what it lacks; of one that is refused already (`ya_dicha`), not its geometry."""
    celdas = {destino: fila.atributos.get(campo) for campo, destino in campos.items()}
    origen = {destino: campo for campo, destino in campos.items()}
    codigo = a_codigo(celdas.get("codigo"))
    nombre = " ".join(a_codigo(celdas.get("nombre")).split())
    nueva = FilaUnidad(
        fila.numero,
        codigo,
        nombre
        or (f"{nivel.nombre[:1].upper()}{nivel.nombre[1:]} {codigo}" if codigo and "nombre" not in origen else ""),
        fila.geometria,
        padre_texto=a_codigo(celdas.get("padre")),
        personas=_personas(celdas.get("poblacion"), fila.numero, origen.get("poblacion"), informe),
        categoria=a_codigo(celdas.get("categoria"))[:80],
    )
    if "codigo" in origen and not codigo:
        informe.error(
            "el código está vacío.",
            "Ponga el código de la unidad.",
            fila=fila.numero,
            campo=origen["codigo"],
            codigo="sin_codigo",
        )
    elif len(codigo) > 80:
        informe.error(
            "el código pasa de 80 caracteres.",
            "Acórtelo.",
            fila=fila.numero,
            campo=origen["codigo"],
            codigo="codigo_largo",
        )
    if "nombre" in origen and not nombre:
        informe.error(
            "el nombre está vacío.",
            "Ponga el nombre de la unidad.",
            fila=fila.numero,
            campo=origen["nombre"],
            codigo="sin_nombre",
        )
    elif len(nombre) > 200:
        informe.error(
            "el nombre pasa de 200 caracteres.",
            "Acórtelo.",
            fila=fila.numero,
            campo=origen["nombre"],
            codigo="nombre_largo",
        )
    if fila.geometria is None and ya_dicha:
        return nueva
    if fila.geometria is None:
        decir = informe.aviso if pedido.sin_geometria else informe.error
        decir(
            f"«{nombre or codigo}» no tiene geometría.",
            ""
            if pedido.sin_geometria
            else "Dibuje su límite o su punto; o acepte unidades sin lugar con --sin-geometria.",
            fila=fila.numero,
            campo="geometría",
            codigo="sin_geometria",
        )
    elif fila.geometria.geom_type not in {"Point", "MultiPolygon"}:
        informe.error(
            f"«{nombre or codigo}» es una línea; una unidad necesita polígono o punto.",
            "Convierta la capa a polígonos.",
            fila=fila.numero,
            campo="geometría",
            codigo="geometria_de_otro_tipo",
        )
    return nueva


def _personas(valor: object, fila: int, campo: str | None, informe: Informe) -> int | None:
    try:
        return valores.entero(valor)
    except valores.ValorInvalido:
        informe.error(
            f"«{valor}» no es un número de habitantes.",
            "Ponga un número entero sin puntos ni comas, o deje la celda vacía.",
            fila=fila,
            campo=campo,
            codigo="poblacion_imposible",
        )
        return None
