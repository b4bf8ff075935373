# A service that starts in no time: one answer to whatever is asked, without loading a single module.
use strict;
my ($port) = @ARGV;
socket(my $listener, 2, 1, 0) or die "socket: $!";    # AF_INET, SOCK_STREAM
setsockopt($listener, 1, 2, 1);                       # SOL_SOCKET, SO_REUSEADDR
bind($listener, pack("S n N x8", 2, $port, 0x7f000001)) or die "bind: $!";
listen($listener, 512);
while (accept(my $caller, $listener)) {
    sysread($caller, my $request, 65536);
    syswrite($caller, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
    close $caller;
}
