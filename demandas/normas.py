"""The legal basis that holds for every municipality: rows of a catalogue, added where missing after every `migrate`."""

from django.db import transaction

from territorio.catalogos import filas_de_catalogo


@transaction.atomic
def cargar_normas(**_kwargs) -> None:
    """Add the norms that are not there yet; what a user changed is left alone."""
    from demandas.models import NormaLegal

    for fila in filas_de_catalogo("normas.csv"):
        NormaLegal.objects.get_or_create(
            municipio=None,
            tipo=fila["tipo"],
            numero=fila["numero"],
            defaults={
                "titulo": fila["titulo"],
                "fecha": fila["fecha"] or None,
                "dispone": fila["dispone"],
                "vigente": fila["vigente"] == "1",
                "fuente": fila["fuente"],
            },
        )
