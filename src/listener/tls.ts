// The certificate of a listener and its key, and whose clients it takes: held against each other, put in place, renewed.
// Knows no file and no clock.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type http from 'node:http';
import https from 'node:https';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { HANDSHAKE_MS, type TellBroken, watchHandshakes } from './handshake.ts';

/** What the files of `guard.tls` or `guard.service.tls` hold, in PEM. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  /** The CA that has signed the certificates of clients; undefined where they need none. */
  readonly clientCa: string | undefined;
}

/** A server that is not listening yet. A client without a certificate of its CA, where it has one, gets no further than the handshake. */
export function createTlsServer(
  options: http.ServerOptions,
  tls: TlsMaterial,
  tell: TellBroken,
): https.Server {
  const isMutual = tls.clientCa !== undefined;
  const server = https.createServer({
    ...options,
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
    ...toContext(tls),
  });
  watchHandshakes(server, tell);
  return server;
}

/** Puts renewed files in place, for the connections to come; a server without TLS stays without. */
export function renewTls(server: http.Server, tls: TlsMaterial | undefined): void {
  if (server instanceof https.Server && tls !== undefined) server.setSecureContext(toContext(tls));
}

const toContext = ({ certificate, key, clientCa }: TlsMaterial): SecureContextOptions => ({
  cert: certificate,
  key,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: 'TLSv1.2',
});

/** OpenSSL takes an EC key beside an RSA certificate, one slot for each kind, and then fails every handshake. */
export function belongTogether(tls: TlsMaterial): boolean {
  try {
    createSecureContext(toContext(tls));
    return new X509Certificate(tls.certificate).checkPrivateKey(createPrivateKey(tls.key));
  } catch {
    return false;
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Whether a text holds the certificate of a CA, or one that has signed itself: OpenSSL takes any text, and then trusts nobody. */
export function holdsCa(text: string): boolean {
  try {
    const certificates = (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    return certificates.some((one) => one.ca || isOwnIssuer(one));
  } catch {
    return false;
  }
}

const isOwnIssuer = (one: X509Certificate): boolean =>
  one.subject === one.issuer && one.verify(one.publicKey);

/** The subject of a client's certificate as RFC 4514 writes it, `CN=ops,O=Example`; undefined where it has shown none. */
export function clientSubjectOf(socket: object): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  // Node gives a line each, from the root of the name on, with what is special in them escaped already.
  return socket.getPeerX509Certificate()?.subject.split('\n').reverse().join(',');
}
