"""The version of a unit: a digest of what its page and its address show of it."""

import hashlib
import json

from territorio.models import UnidadTerritorial


def version_de(unidad: UnidadTerritorial) -> str:
    """Another content or another limit, another version: tells whether somebody wrote since it was read."""
    codigos = sorted(unidad.codigos_externos.values_list("esquema", "codigo"))
    limites = [
        [pk, str(dias)]
        for pk, dias in unidad.limites.filter(sustituido=None).order_by("pk").values_list("pk", "vigencia")
    ]
    punto = unidad.punto.hexewkb.decode() if unidad.punto else ""
    propio = [
        unidad.codigo,
        unidad.nombre,
        unidad.categoria,
        unidad.padre_id,
        str(unidad.vigencia),
        punto,
        codigos,
        limites,
    ]
    return hashlib.sha256(json.dumps(propio).encode()).hexdigest()[:20]
