/** What a run says: a table a workload, ratios, and each bar met or not. Pure. */
import { round, table } from './stats.mjs';

/** Bars of the first release, one proxy thread against Squid on the same core. `aim` is what bare Node reached on the bench of its ceiling. */
const BARS = [
  { workload: 'http-1k', what: 'requests a second, ratio to Squid', value: (result) => result.ratios.perSecond, least: 2.5, aim: 3.5 },
  { workload: 'http-20k', what: 'requests a second, ratio to Squid', value: (result) => result.ratios.perSecond, least: 2 },
  { workload: 'blocked', what: 'answers a second, ratio to Squid', value: (result) => result.ratios.perSecond, least: 3 },
  { workload: 'tunnels', what: 'new tunnels a second, ratio to Squid', value: (result) => result.ratios.perSecond, least: 1.1 },
  { workload: 'inspect-requests', what: 'inspected requests a second, ratio to Squid’s ssl_bump', value: (result) => result.ratios.perSecond, least: 1.5 },
  { workload: 'inspect-handshakes', what: 'handshakes with a new name a second, ratio to Squid’s ssl_bump', value: (result) => result.ratios.perSecond, least: 1.5 },
  { workload: 'rate-200', what: 'added median at 200/s, ratio to Squid', value: (result) => result.ratios.addedP50, most: 1 },
  { workload: 'rate-200', what: 'p99 at 200/s, ratio to Squid', value: (result) => result.ratios.p99, most: 2 },
  { workload: 'swap', what: 'failed requests during the swap', value: (result) => failures(result), most: 0 },
  { workload: 'swap', what: 'p99 in the second of the swap, ratio to normal', value: (result) => swapRatio(result), most: 2 },
  { workload: 'change', what: 'milliseconds until a change is in force while the proxy is full, the slowest', value: (result) => result.figures?.[0]?.worstMs, most: 2_000 },
  { workload: 'console-200', what: 'p99 at 200/s while 200 people read the console, ratio to quiet', value: (result) => result.figures?.[0]?.readingP99, most: 1.1 },
  { workload: 'console-200', what: 'p99 at 200/s while 200 people switch a room, ratio to quiet', value: (result) => result.figures?.[0]?.bellP99, most: 1.1 },
];

function failures(result) {
  const [figures] = result.figures ?? [];
  return figures === undefined ? undefined : figures.failed;
}

function swapRatio(result) {
  const [figures] = result.figures ?? [];
  return figures?.swap == null ? undefined : round(figures.swap.p99 / figures.normal.p99);
}

/** Ratios that a change may be compared by; absolute figures belong to one machine. */
const DRIFT = 0.75;

export function report(machine, results, baseline) {
  const out = [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; proxy on core ${machine.proxyCore ?? 'any'}, load and origin on core ${machine.loadCore ?? 'any'}`,
    `${machine.rounds} rounds, ${machine.seconds} s, load average ${machine.loadAverage.join(' → ')}`,
  ];
  const faults = [];
  for (const result of results) {
    out.push('', `${result.name}: ${result.about}`);
    if (result.skipped !== undefined) out.push(`  skipped: ${result.skipped}`);
    if (result.rows.length > 0) out.push(indent(table(result.rows)));
    const ratios = Object.entries(result.ratios).map(([key, value]) => `${key} ${value}`);
    if (ratios.length > 0) out.push(`  ours / the peer's, median of the rounds' ratios: ${ratios.join(', ')}`);
    const best = Object.entries(result.best ?? {}).map(([key, value]) => `${key} ${value}`);
    if (best.length > 0) out.push(`  ours / the peer's, best round of each:           ${best.join(', ')}`);
    for (const figures of result.figures ?? []) out.push(indent(JSON.stringify(figures, null, 1).replace(/\n\s*/g, ' ')));
    for (const fault of result.faults) {
      out.push(`  WRONG: ${fault}`);
      faults.push(fault);
    }
    const before = machine.peer === 'squid' ? baseline.ratios[result.name] : undefined;
    for (const [key, was] of Object.entries(before ?? {})) {
      const is = result.ratios[key];
      if (is !== undefined && is < was * DRIFT) out.push(`  below the baseline: ${key} ${is}, was ${was}`);
    }
  }
  const bars = judge(results.map((result) => (machine.peer === 'squid' ? result : { ...result, ratios: {} })));
  if (bars.length > 0) out.push('', 'Bars', indent(table(bars)));
  return { text: out.join('\n'), bars, broken: faults.length > 0 };
}

function judge(results) {
  const bars = [];
  for (const { workload, what, value, least, most, aim } of BARS) {
    const result = results.find(({ name }) => name === workload);
    const is = result === undefined ? undefined : value(result);
    if (is === undefined || is === null) continue;
    const met = least === undefined ? is <= most : is >= least;
    const best = result.best === undefined ? undefined : value({ ...result, ratios: result.best });
    bars.push({ workload, what, is, best: best ?? '', capacity: result.ratios.capacity ?? '', bar: least === undefined ? `≤ ${most}` : `≥ ${least}`, aim: aim === undefined ? '' : `≥ ${aim}`, verdict: met ? 'met' : 'NOT MET' });
  }
  return bars;
}

function indent(text) {
  return text.split('\n').map((line) => `  ${line}`).join('\n');
}
