"""What a file of demands may say: fields, the headers each is known by, and which fields of a demand they fill."""

from demandas.models import Grupo, GrupoEdad, Sexo

RANGOS = {
    "puesto_acordado": Grupo.COMUNIDAD,
    "puesto_mujeres": Grupo.MUJERES,
    "puesto_hombres": Grupo.HOMBRES,
    "puesto_jovenes": Grupo.JOVENES,
    "puesto_adultos": Grupo.ADULTOS,
    "puesto_adultos_mayores": Grupo.ADULTOS_MAYORES,
}
# Persons who benefit, by sex and age: the column and the two it stands for.
EDADES = {f"{sexo.value}_{edad.value}": (sexo, edad) for sexo in Sexo for edad in GrupoEdad}
DESTINOS: dict[str, tuple[str, ...]] = {
    "codigo": ("cod", "id demanda"),
    "titulo": ("demanda", "nombre"),
    "descripcion": ("detalle",),
    "sector": ("programa",),
    "unidad": ("comunidad", "otb", "proponente"),
    "nivel": (),
    "lat": ("latitud", "y"),
    "lon": ("longitud", "lng", "x"),
    "wkt": ("geometria", "geom"),
    "grupo": (),
    "mujeres": ("beneficiarias mujeres",),
    "hombres": ("beneficiarios hombres",),
    "mujeres_adultos": ("mujeres adultas",),
    "mujeres_adultos_mayores": ("mujeres adultas mayores",),
    **dict.fromkeys((c for c in EDADES if not c.startswith("mujeres_adultos")), ()),
    **dict.fromkeys(RANGOS, ()),
    "costo_estimado": ("costo", "monto"),
    "contraparte": ("aporte de la comunidad",),
    "madurez": ("madurez tecnica",),
    "pedida_desde": ("se pide desde",),
    "evento": ("taller", "reunion"),
    "estado": (),
    "motivo": ("por que",),
    "fecha": (),
    "municipio": (),
    "envio": (),
}
LUGAR = ("punto", "linea", "poligono")
# Which fields of a demand each column fills; what no column of the file fills stays as it is stored.
LLENA: dict[str, tuple[str, ...]] = {
    "titulo": ("titulo",),
    "descripcion": ("descripcion",),
    "sector": ("sector_id",),
    "unidad": ("proponente_id",),
    "lat": LUGAR,
    "wkt": LUGAR,
    "grupo": ("grupo",),
    "mujeres": ("beneficiarias_mujeres",),
    "hombres": ("beneficiarios_hombres",),
    **{c: ("beneficiarias_mujeres" if c.startswith("mujeres") else "beneficiarios_hombres",) for c in EDADES},
    "costo_estimado": ("costo_estimado",),
    "contraparte": ("contraparte",),
    "madurez": ("madurez",),
    "pedida_desde": ("pedida_desde",),
    "evento": ("evento_id",),
    "estado": ("estado",),
    "fecha": ("fecha",),
}
CAMPOS = tuple(dict.fromkeys(campo for campos in LLENA.values() for campo in campos))
EJEMPLO = "EJEMPLO"  # the code of the row that a template brings filled, which is nobody's
