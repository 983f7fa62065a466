"""Static files named after their contents, the modules of the capture page too: those that import each other by those names."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Sellados(CompressedManifestStaticFilesStorage):
    # A phone keeps them by name: one that imported another by a name that stays would mix two days' files. Only our own
    # modules: those of third parties name files that we do not bring.
    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "minka/captura/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
