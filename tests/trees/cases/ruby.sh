# packages: ruby
# limit: 120
cat > t.rb <<'X'
require 'digest'; require 'json'; require 'set'; require 'bigdecimal'
puts (1..20).reduce(:*), 2**200, 7.fdiv(3), -7 / 2, -7 % 3, [3, 1, 2].sort.inspect, { a: 1, 'b' => [nil, true] }.to_json, Digest::SHA256.hexdigest('x' * 1000), 'größe'.upcase, 'a1b22'.scan(/\d+/).inspect
def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
puts fib(21); q = Queue.new; ts = 3.times.map { |i| Thread.new { 100.times { |j| q << i * j } } }; ts.each(&:join); s = 0; s += q.pop until q.empty?; puts s; f = Fiber.new { 3.times { |i| Fiber.yield i }; :done }; puts 4.times.map { f.resume }.inspect
puts `echo back`, $?.exitstatus; pid = fork { exit 5 }; Process.wait pid; puts $?.exitstatus; trap('USR1') { puts 'sig' }; Process.kill 'USR1', $$; sleep 0.05; begin; nil.foo; rescue NoMethodError => e; puts e.message[0, 22]; end; begin; def r = r(); r; rescue SystemStackError; puts 'deep'; end
puts (1..50000).map { |i| "k#{i % 101}" }.tally.size, ObjectSpace.garbage_collect.inspect, format('%.10f %05d %e', Math.sin(1), 42, 12345.678), [1.5, -0.0, 1e20].inspect, Set[1, 2].include?(2), BigDecimal('1.1') + 1, Process.clock_gettime(Process::CLOCK_MONOTONIC).class
X
ruby t.rb; ruby -v | cut -d' ' -f1,2
