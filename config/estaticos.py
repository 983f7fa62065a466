"""Static files named after their contents, our own modules too, which import each other by those names."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Sellados(CompressedManifestStaticFilesStorage):
    # A phone keeps those of the capture page by name: one that imported another by a name that stays would mix the files
    # of two days. Only our own modules: those of third parties name files that we do not bring.
    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "minka/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
