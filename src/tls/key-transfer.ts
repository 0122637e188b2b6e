/**
 * The one form in which the CA's key may leave its machine: PKCS#8 under a passphrase (PBES2, AES-256), with its certificate. Standard PEM, so that what
 * is in the file can be looked at with openssl. Whether it may leave is a matter for two people, and not decided here.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { adoptAuthority, type SchoolCa } from './authority.js';
import { AuthorityError } from './authority-error.js';

export function sealCa(ca: SchoolCa, passphrase: string): string {
  const key = ca.issuing.key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: passphrase.normalize('NFC') });
  return `${key.toString()}${ca.certificate.toString()}`;
}

/** @throws AuthorityError for a wrong passphrase, another kind of file, or a machine that has a CA already */
export function adoptSealed(dataDir: string, text: string, passphrase: string): SchoolCa {
  const sealed = block(text, 'ENCRYPTED PRIVATE KEY');
  const certificate = block(text, 'CERTIFICATE');
  if (sealed === null || certificate === null) throw new AuthorityError('damaged', 'Tệp này không phải tệp khóa CA do luytre ca export-key ghi ra.', 'This is no file that luytre ca export-key has written.');
  let key: KeyObject;
  let read: X509Certificate;
  try {
    key = createPrivateKey({ key: sealed, format: 'pem', passphrase: passphrase.normalize('NFC') });
    read = new X509Certificate(certificate);
  } catch {
    // what node:crypto says of a wrong passphrase and of damage can't be told apart, and is not passed on
    throw new AuthorityError('damaged', 'Mật khẩu của tệp không đúng, hoặc tệp bị hỏng.', 'The passphrase is wrong, or the file is damaged.');
  }
  return adoptAuthority(dataDir, key, read);
}

function block(text: string, kind: string): string | null {
  return new RegExp(`-----BEGIN ${kind}-----[A-Za-z0-9+/=\\s]+-----END ${kind}-----`).exec(text)?.[0] ?? null;
}
