// The last screen: all that was said, each with a way to change it, and what the server refused.
import { evento, unidad } from "./catalogo.js";
import { GRUPOS, personas, porCampo } from "./borrador.js";
import { enPalabras, nombreDeUnidad } from "./lugar.js";
import { cifra } from "./numeros.js";
import { boton, cada, hacer, t, uno } from "./textos.js";

const etiquetaDe = (campo, valor) => uno(`[name="${campo}"][value="${CSS.escape(valor)}"]`)?.closest("label")?.textContent.trim()
  ?? uno(`select[name="${campo}"] option[value="${CSS.escape(valor)}"]`)?.textContent.trim() ?? "";
const rotulo = (campo) => uno(`label[for="id_${campo}"]`)?.textContent.trim() ?? campo;

export function suma(b) {
  const n = personas(b.datos);
  if (!n) return "";
  return t("suma", { n: cifra(n.mujeres + n.hombres), mujeres: cifra(n.mujeres), hombres: cifra(n.hombres) });
}

// More persons than live there is said, and no more than said.
export function demasiadas(b) {
  const n = personas(b.datos);
  const suya = unidad(b.datos.proponente);
  if (!n || !suya?.habitantes || n.mujeres + n.hombres <= suya.habitantes) return "";
  return t("demasiadas", { n: cifra(suya.habitantes), unidad: suya.nombre });
}

export function pintar(b, fotos, irA) {
  const d = b.datos;
  const urgencia = [
    ...GRUPOS.filter((g) => d[`rango_${g}`]).map((g) => `${rotulo(`rango_${g}`)}: ${d[`rango_${g}`]}`),
    d.pedida_desde && `${rotulo("pedida_desde")} ${d.pedida_desde}`,
    d.madurez && etiquetaDe("madurez", d.madurez),
    d.contraparte && `${rotulo("contraparte")}: ${d.contraparte}`,
    d.costo_estimado && `${rotulo("costo_estimado")}: ${d.costo_estimado}`,
  ].filter(Boolean);
  const filas = [
    ["que", [d.titulo, d.sector && etiquetaDe("sector", d.sector), d.descripcion]],
    ["donde", [nombreDeUnidad(d.proponente), enPalabras(b)]],
    ["quien", [etiquetaDe("grupo", d.grupo || "comunidad"), d.evento && (evento(d.evento)?.[1] ?? etiquetaDe("evento", d.evento)), d.hallazgos?.length ? `${d.hallazgos.length} ✓` : ""]],
    ["cuantos", [suma(b), demasiadas(b)]],
    ["urgencia", urgencia],
    ["fotos", [fotos ? (fotos === 1 ? t("foto", { n: 1 }) : t("fotos_n", { n: fotos })) : t("fotos_0")]],
  ];
  uno("[data-repaso]").replaceChildren(...filas.flatMap(([paso, textos]) => {
    const pregunta = uno(`[data-paso="${paso}"] legend`).textContent;
    const dicho = textos.filter(Boolean);
    const cambiar = boton(t("cambiar"), () => irA(paso), "btn-outline-secondary btn-sm");
    cambiar.setAttribute("aria-label", `${t("cambiar")}: ${pregunta}`);
    return [
      hacer("dt", {}, pregunta, cambiar),
      hacer("dd", {}, ...(dicho.length ? dicho : [t("sin_decir")]).map((texto) => hacer("p", { textContent: texto }))),
    ];
  }));
}

// Each reason beside its field, and all of them where they are read together.
export function rechazo(b) {
  const caja = uno("[data-rechazo]");
  const motivos = b.estado === "rechazada" || b.error ? porCampo(Array.isArray(b.detalle) ? { "": b.detalle } : b.detalle) : {};
  for (const lugar of cada("[data-error]")) lugar.hidden = true;
  caja.hidden = !b.error;
  if (!b.error) return;
  const sueltos = [];
  for (const [campo, motivo] of Object.entries(motivos)) {
    if (!mostrar(campo, motivo)) sueltos.push(motivo);
    else sueltos.push(`${rotulo(campo)}: ${motivo}`);
  }
  caja.replaceChildren(
    hacer("p", { className: "estado estado-mal", textContent: `✕ ${b.error}` }),
    hacer("ul", {}, ...sueltos.map((texto) => hacer("li", { textContent: texto }))),
  );
}

export function mostrar(campo, motivo) {
  const lugar = cada(`[data-error="${CSS.escape(campo)}"]`).at(-1);
  if (!lugar) return false;
  lugar.textContent = motivo ? `✕ ${motivo}` : "";
  lugar.hidden = !motivo;
  const mas = lugar.closest("details");
  if (mas && motivo) mas.open = true;
  return true;
}
