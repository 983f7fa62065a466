from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DemandasConfig(AppConfig):
    name = "demandas"

    def ready(self) -> None:
        from demandas import permisos, verificacion  # noqa: F401 (declare actions, rows and checks)
        from demandas.criterios import cargar_catalogo
        from demandas.normas import cargar_normas

        post_migrate.connect(cargar_catalogo, sender=self)
        post_migrate.connect(cargar_normas, sender=self)
