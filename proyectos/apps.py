from django.apps import AppConfig


class ProyectosConfig(AppConfig):
    name = "proyectos"

    def ready(self) -> None:
        from proyectos import permisos, verificacion  # noqa: F401 (declare actions, rows and checks)
