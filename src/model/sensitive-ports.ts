/**
 * Services that strangers have no business with: ports whose protocol asks for no password, or is not meant for the open Internet. From the manuals of
 * the programs and the port numbers of IANA. SSH, mail, web and VPN ports are not among them: they are open on purpose.
 */
export interface SensitiveService {
  readonly port: number;
  readonly protocol: 6 | 17;
  readonly name: string;
}

const tcp = (port: number, name: string): SensitiveService => ({ port, protocol: 6, name });
const udp = (port: number, name: string): SensitiveService => ({ port, protocol: 17, name });

export const sensitiveServices: readonly SensitiveService[] = [
  udp(69, 'TFTP'),
  tcp(23, 'Telnet'),
  tcp(111, 'the RPC port mapper'),
  udp(111, 'the RPC port mapper'),
  udp(137, 'NetBIOS names'),
  tcp(139, 'NetBIOS file sharing'),
  udp(161, 'SNMP'),
  tcp(445, 'SMB file sharing'),
  tcp(512, 'rexec'),
  tcp(513, 'rlogin'),
  tcp(514, 'rsh'),
  tcp(873, 'rsync'),
  tcp(1433, 'Microsoft SQL Server'),
  tcp(1521, 'Oracle Database'),
  tcp(2049, 'NFS'),
  tcp(2375, 'the Docker API without TLS, which gives root'),
  tcp(2379, 'etcd'),
  tcp(2380, 'etcd'),
  tcp(3306, 'MySQL'),
  tcp(3389, 'Remote Desktop'),
  tcp(5432, 'PostgreSQL'),
  tcp(5900, 'VNC'),
  tcp(5984, 'CouchDB'),
  tcp(6379, 'Redis'),
  tcp(9200, 'Elasticsearch'),
  tcp(9300, 'Elasticsearch'),
  tcp(10250, 'the kubelet API'),
  tcp(10255, 'the kubelet API without authentication'),
  tcp(11211, 'memcached'),
  udp(11211, 'memcached'),
  tcp(27017, 'MongoDB'),
];
