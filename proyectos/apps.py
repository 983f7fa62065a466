from django.apps import AppConfig


class ProyectosConfig(AppConfig):
    name = "proyectos"

    def ready(self) -> None:
        from proyectos import criterios, llevar, permisos, verificacion  # noqa: F401 (declare what others ask for)
