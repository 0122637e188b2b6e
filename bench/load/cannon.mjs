/**
 * autocannon as a client of an explicit proxy: it connects to the proxy and sends absolute-form targets.
 * Its own histogram counts whole milliseconds, so percentiles are made here, of the exact time it reports for every response.
 */
import autocannon from 'autocannon';
import { createSamples, round } from '../support/stats.mjs';

/** @param job {port, requests: {path, host}[], connections, rate?: number, seconds} */
export async function run(job) {
  const samples = createSamples();
  const instance = autocannon({
    url: `http://127.0.0.1:${job.port}`,
    connections: job.connections,
    duration: job.seconds,
    requests: job.requests.map(({ path, host }) => ({ method: 'GET', path, headers: { host } })),
    ...(job.rate === undefined ? {} : { overallRate: job.rate }),
  });
  const startedAt = Date.now();
  instance.on('response', (_client, _status, _bytes, ms) => {
    // The first moments belong to connecting.
    if (Date.now() - startedAt > 300) samples.add(ms);
  });
  const result = await instance;
  const { count, p50, p90, p99 } = samples.summary();
  return { count, p50, p90, p99, ok: result['2xx'], wrong: result.non2xx, errors: result.errors + result.timeouts, perSecond: round(result['2xx'] / result.duration, 0) };
}
