"""Who an account is, and nothing else: what it may do is asked of `cuentas.permisos` alone."""

from django.contrib.auth.backends import ModelBackend


class SoloIdentidad(ModelBackend):
    """Django's check of names and passwords, without its permissions by model: rows of those tables would open no door."""

    def _get_permissions(self, user_obj, obj, from_name) -> set[str]:
        return set()
