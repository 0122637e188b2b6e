/**
 * Charts, drawn here as SVG: stacked bars by hour, bars by category. ECharts writes inline styles and a style element, which the console's policy refuses
 * (and rightly); they become attributes. Colours: the ink is the page's own, so that both colour schemes and paper read it.
 */
import { BarChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, SVGRenderer]);

export interface Series {
  readonly name: string;
  readonly tone: 'open' | 'blocked';
  readonly values: readonly number[];
}

/** At least 3:1 on the light and on the dark card. */
const TONES: Readonly<Record<Series['tone'], string>> = { open: '#3f9560', blocked: '#c9563f' };
const LINE = '#8a988f';

export interface BarsOptions {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly number: (n: number) => string;
  /** Lying down, for long labels. */
  readonly lying?: boolean;
  readonly width: number;
  readonly height: number;
}

export function bars({ labels, series, number, lying = false, width, height }: BarsOptions): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const names = { type: 'category', data: [...labels], inverse: lying, axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: { color: 'currentColor', fontSize: 13, ...(lying ? { width: 190, overflow: 'truncate' } : { hideOverlap: true }) } };
    const amounts = { type: 'value', minInterval: 1, splitNumber: 4, splitLine: { lineStyle: { color: LINE, opacity: 0.35 } }, axisLabel: { color: 'currentColor', fontSize: 13, formatter: number, hideOverlap: true } };
    const option: EChartsCoreOption = {
      animation: false,
      grid: lying ? { left: 200, right: 24, top: 8, bottom: 28 } : { left: 64, right: 8, top: 12, bottom: 28 },
      xAxis: lying ? amounts : names,
      yAxis: lying ? names : amounts,
      series: series.map(({ name, tone, values }) => ({ type: 'bar', stack: 'all', name, data: [...values], silent: true, barMaxWidth: 26, itemStyle: { color: TONES[tone] } })),
    };
    chart.setOption(option);
    return withoutStyles(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** No style element, no style attribute, no class of theirs; scales with its box. Exported for its test. */
export function withoutStyles(svg: string): string {
  return svg
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ style="([^"]*)"/g, (_all, css: string) => {
      const size = /font-size:\s*([\d.]+)px/.exec(css)?.[1];
      return size === undefined ? '' : ` font-size="${size}"`;
    })
    .replace(/ (?:class|ecmeta_[a-z_]+|pointer-events|baseProfile|version|xmlns(?::xlink)?)="[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg class="plot" aria-hidden="true" focusable="false"');
}
