"""What was loaded before there were formal acts begins its ledger with the state in which it is."""

from django.db import migrations

REGISTRAR = """
INSERT INTO proyectos_actoformal (municipio_id, {fk}, numero, ronda, version, desde, hacia, norma, norma_numero, nota, registrado)
SELECT municipio_id, id, 1, 1, version, '', estado, '', '', '', clock_timestamp() FROM {tabla} ORDER BY id
"""


class Migration(migrations.Migration):
    dependencies = [("proyectos", "0004_versiones_y_actos_formales")]

    operations = [
        migrations.RunSQL(REGISTRAR.format(fk="pdm_id", tabla="proyectos_pdm"), migrations.RunSQL.noop),
        migrations.RunSQL(REGISTRAR.format(fk="poa_id", tabla="proyectos_poa"), migrations.RunSQL.noop),
    ]
