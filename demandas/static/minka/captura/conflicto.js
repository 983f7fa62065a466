// Two contents of one sending side by side: nothing is overwritten, somebody chooses.
import { avisar, borrar, llevar } from "./almacen.js";
import { numeroDeEnvio } from "./borrador.js";
import { boton, hacer, t, uno } from "./textos.js";

export function mostrar(b, alElegir) {
  const { guardada, diferencias, error } = b.conflicto;
  const filas = diferencias.map((d) => hacer("tr", {},
    hacer("th", { scope: "row", textContent: d.etiqueta }),
    hacer("td", { textContent: d.guardada || t("sin_decir") }),
    hacer("td", { textContent: d.enviada || t("sin_decir") })));
  const cabeza = hacer("thead", {}, hacer("tr", {}, ...["dato", "ya_guardado", "lo_suyo"].map((c) => hacer("th", { scope: "col", textContent: t(c) }))));
  const enlace = guardada && hacer("p", {}, hacer("a", { href: `/demandas/${guardada.id}/`, textContent: `${guardada.properties.codigo} · ${guardada.properties.titulo}` }));
  uno("[data-conflicto-cuerpo]").replaceChildren(
    hacer("p", { textContent: guardada ? t("conflicto", { codigo: guardada.properties.codigo }) : error }),
    ...(enlace ? [enlace] : []),
    hacer("table", { className: "table captura-dos-versiones" }, cabeza, hacer("tbody", {}, ...filas)),
    hacer("div", { className: "fila" },
      boton(t("otra_demanda"), async () => {
        await llevar(b.envio, { ...b, envio: numeroDeEnvio(), estado: "en_espera", conflicto: null, error: null, demanda: null, intentos: 0, proximo: 0 });
        avisar();
        alElegir({ enviar: true });
      }, "btn-primary"),
      boton(t("descartar"), async () => {
        if (!window.confirm(t("confirmar_descartar"))) return;
        await borrar(b.envio);
        avisar();
        alElegir({ enviar: false });
      })),
  );
}
