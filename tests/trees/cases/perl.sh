# packages: perl
perl -e 'use strict; my %h; $h{$_ % 13} .= chr(65 + $_ % 26) for 1..5000; print join(",", map { "$_:" . length $h{$_} } sort { $a <=> $b } keys %h), "\n";'
perl -MPOSIX -e 'printf "%.15g %.15g %s %s\n", exp(1), atan2(1, 1) * 4, floor(-2.5), strftime("%F", gmtime(0));'
perl -MMath::BigInt -e 'print Math::BigInt->new(2)->bpow(300), "\n"'; perl -MDigest::SHA=sha256_hex -e 'print sha256_hex("x" x 100000), "\n"'
perl -e 'my $p = fork; if (!$p) { exec "echo", "child" } waitpid $p, 0; print "status $?\n"; print `echo back`; local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1; eval { sleep 10 }; print $@'
perl -e '$_ = "the cat sat on the mat " x 2000; my $n = () = /\b(\w)at\b/g; s/(\w+)/\u$1/g; print "$n ", substr($_, 0, 30), "\n"; print join("|", "a1b22c333" =~ /(\d+)/g), "\n"'
perl -MStorable=freeze,thaw -MList::Util=sum,reduce -e 'my $d = thaw freeze {a => [1..10]}; print sum(@{$d->{a}}), " ", (reduce { $a * $b } 1..10), "\n"; print pack("NnC", 1, 2, 3) eq "\0\0\0\1\0\2\3" ? "pack\n" : "no\n"; printf "%s\n", unpack("H*", pack("d>", 1.5))'
perl -Mthreads -MThread::Queue -e 'my $q = Thread::Queue->new; my @t = map { threads->create(sub { my $s = 0; while (defined(my $x = $q->dequeue)) { $s += $x } $s }) } 1..3; $q->enqueue(1..1000); $q->end; my $t = 0; $t += $_->join for @t; print "$t\n"'
perl -e 'my ($a, $b) = (0, 1); ($a, $b) = ($b, $a + $b) for 1..90; print "$a\n"; print 10/3, " ", 1e21 + 1, " ", 0.1 + 0.2, " ", 9**20, " ", int(1e15 / 7), "\n"'
