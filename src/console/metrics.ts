/**
 * `/metrics`: the gateway's own state as Prometheus text. For this machine, or for a token that names `metrics.read`. Nothing in it is about
 * anybody: no room, no host, no address; totals only.
 */
import type { ConsoleDeps } from './deps.js';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly value: number;
}

export function metricsText(env: ConsoleDeps): string {
  const health = env.health();
  const memory = process.memoryUsage();
  const metrics: readonly Metric[] = [
    { name: 'luytre_up', help: 'At least one proxy thread listens', type: 'gauge', value: health.ok ? 1 : 0 },
    { name: 'luytre_policy_generation', help: 'Generation of the policy in force', type: 'gauge', value: health.generation },
    { name: 'luytre_proxy_threads', help: 'Proxy threads that listen', type: 'gauge', value: health.workers },
    { name: 'luytre_connections', help: 'Open client connections', type: 'gauge', value: health.connections },
    { name: 'luytre_tunnels', help: 'Open tunnels', type: 'gauge', value: health.tunnels },
    { name: 'luytre_events_dropped_total', help: 'Events lost since the start', type: 'counter', value: health.dropped },
    { name: 'luytre_events_stuck', help: 'Events cannot be stored', type: 'gauge', value: health.trouble === null ? 0 : 1 },
    { name: 'luytre_requests_waiting', help: 'Unblock requests without an answer', type: 'gauge', value: env.store.policies.requests('open').length },
    { name: 'process_resident_memory_bytes', help: 'Memory of the process', type: 'gauge', value: memory.rss },
    { name: 'process_uptime_seconds', help: 'Seconds since the start', type: 'counter', value: Math.round(process.uptime()) },
  ];
  return metrics.map(({ name, help, type, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`).join('');
}
