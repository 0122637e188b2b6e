/**
 * The public half of the school's CA in the forms that devices take. Pure; no key is given to it.
 * During a change of CA both certificates go out wherever the form can hold two.
 */
import { createHash, type X509Certificate } from 'node:crypto';

export const EXPORT_FORMATS = ['pem', 'der', 'apple', 'windows', 'firefox', 'android'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportWish {
  readonly format: ExportFormat;
  /** The one that signs first. */
  readonly certificates: readonly X509Certificate[];
  readonly school: string;
}

export function exportCa({ format, certificates, school }: ExportWish): Buffer {
  const [first] = certificates;
  if (first === undefined) return Buffer.alloc(0);
  switch (format) {
    case 'pem': return Buffer.from(certificates.map((certificate) => certificate.toString()).join(''));
    case 'der': return first.raw;
    case 'apple': return Buffer.from(appleProfile(certificates, school));
    case 'windows': return Buffer.from(windowsScript(certificates).replaceAll('\n', '\r\n'));
    case 'firefox': return Buffer.from(firefoxPolicy(certificates));
    case 'android': return Buffer.from(androidSteps(certificates));
  }
}

/** `AB:CD:…`, as every device shows it. */
export function fingerprintText(fingerprint: string): string {
  return fingerprint.toUpperCase().replace(/..(?!$)/g, '$&:');
}

/** Name under which a certificate is best saved: it tells two CAs apart. */
export function fileName(certificate: X509Certificate): string {
  return `luytre-ca-${sha256(certificate).slice(0, 8)}.crt`;
}

function sha256(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

function base64(certificate: X509Certificate): string {
  return certificate.raw.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
}

/** An identifier that stays the same for the same certificate, so that a second installation replaces the first (RFC 9562 §5.8). */
function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`.toUpperCase();
}

function xml(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A configuration profile for iPhone, iPad and Mac. Unsigned: the fingerprint on the page is what is compared. */
function appleProfile(certificates: readonly X509Certificate[], school: string): string {
  const all = certificates.map(sha256).join(' ');
  const payloads = certificates.map((certificate) => `    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>vn.luytre.ca.${sha256(certificate).slice(0, 16)}</string>
      <key>PayloadUUID</key><string>${uuid(sha256(certificate))}</string>
      <key>PayloadDisplayName</key><string>${xml(school)} – Lũy Tre CA</string>
      <key>PayloadCertificateFileName</key><string>${fileName(certificate)}</string>
      <key>PayloadContent</key>
      <data>
${base64(certificate)}
      </data>
    </dict>`).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>PayloadType</key><string>Configuration</string>
    <key>PayloadVersion</key><integer>1</integer>
    <key>PayloadIdentifier</key><string>vn.luytre.ca</string>
    <key>PayloadUUID</key><string>${uuid(`profile ${all}`)}</string>
    <key>PayloadDisplayName</key><string>Chứng chỉ của ${xml(school)}</string>
    <key>PayloadDescription</key><string>Để trang chặn hiện được trên trang HTTPS. Chỉ cài trên máy của trường.</string>
    <key>PayloadOrganization</key><string>${xml(school)}</string>
    <key>PayloadContent</key>
    <array>
${payloads}
    </array>
  </dict>
</plist>
`;
}

/** PowerShell for a classroom PC or a start-up script of the domain. ASCII only: Windows PowerShell 5 reads a script without a mark as ANSI. */
function windowsScript(certificates: readonly X509Certificate[]): string {
  const parts = certificates.map((certificate) => `# SHA-256 ${fingerprintText(sha256(certificate))}
Install-SchoolCa '${sha256(certificate).toUpperCase()}' @'
${base64(certificate)}
'@
`).join('\n');
  return `#Requires -RunAsAdministrator
# Luy Tre: puts the school's CA among the trusted roots of this PC (all users). Safe to run again.
# By hand:  powershell -ExecutionPolicy Bypass -File luytre-ca.ps1
$ErrorActionPreference = 'Stop'
function Install-SchoolCa([string]$Sha256, [string]$Base64) {
  $bytes = [Convert]::FromBase64String($Base64)
  $sha = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)).Replace('-', '')
  if ($sha -ne $Sha256) { throw 'The certificate in this script is damaged; export it again.' }
  $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList @(,$bytes)
  $store = New-Object Security.Cryptography.X509Certificates.X509Store 'Root', 'LocalMachine'
  $store.Open('ReadWrite')
  try { $store.Add($certificate) } finally { $store.Close() }
  Write-Output "Installed: $sha"
}

${parts}`;
}

/**
 * policies.json: Firefox trusts what the system trusts (Windows, macOS), and takes the named files from its own folder for certificates
 * (Linux: /usr/lib/mozilla/certificates, Windows: %LOCALAPPDATA%\Mozilla\Certificates).
 */
function firefoxPolicy(certificates: readonly X509Certificate[]): string {
  return `${JSON.stringify({ policies: { Certificates: { ImportEnterpriseRoots: true, Install: certificates.map(fileName) } } }, null, 2)}\n`;
}

function androidSteps(certificates: readonly X509Certificate[]): string {
  return `Android: cài chứng chỉ CA của trường (steps in English below)

1. Trên máy, mở trang http://ĐỊA-CHỈ-CỔNG-LỌC:8080/ca và tải tệp chứng chỉ.
2. Cài đặt → Bảo mật (và quyền riêng tư) → Mã hóa và thông tin xác thực → Cài đặt chứng chỉ → Chứng chỉ CA → Vẫn cài đặt.
3. Chọn tệp vừa tải, nhập mã khóa màn hình.
4. Mở lại mục Thông tin xác thực đáng tin cậy → Người dùng, so dấu SHA-256:
${certificates.map((certificate) => `   ${fingerprintText(sha256(certificate))}`).join('\n')}

Trình duyệt Chrome dùng chứng chỉ này; phần lớn ứng dụng khác thì không, và không cần.

In English: open /ca of the gateway, download the certificate, then Settings → Security → Encryption & credentials → Install a
certificate → CA certificate → Install anyway, pick the file, and compare the SHA-256 fingerprint above.
`;
}
