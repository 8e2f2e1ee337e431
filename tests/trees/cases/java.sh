# packages: default-jdk-headless
# limit: 180
cat > T.java <<'X'
import java.util.*; import java.util.concurrent.*; import java.util.stream.*;
public class T {
    static int npe(String s) { return s.length(); }
    public static void main(String[] a) throws Exception {
        ExecutorService e = Executors.newFixedThreadPool(4); List<Future<Long>> f = new ArrayList<>();
        for (int t = 0; t < 8; t++) { final int k = t; f.add(e.submit(() -> { long s = 0; for (int i = 0; i < 2000000; i++) s += i % (k + 3); return s; })); }
        long sum = 0; for (Future<Long> x : f) sum += x.get(); e.shutdown(); System.out.println(sum);
        List<byte[]> keep = new ArrayList<>(); long n = 0; for (int i = 0; i < 3000; i++) { byte[] b = new byte[100000]; b[i] = 1; n += b.length; if (i % 100 == 0) keep.add(b); } System.out.println(n + " " + keep.size());
        int c = 0; for (int i = 0; i < 50000; i++) try { c += npe(i % 2 == 0 ? null : "abc"); } catch (NullPointerException x) { c++; } System.out.println(c);
        try { System.out.println(1 / (a.length - a.length)); } catch (ArithmeticException x) { System.out.println(x.getMessage()); } try { rec(0); } catch (StackOverflowError x) { System.out.println("overflow"); }
        Map<String, Integer> m = new TreeMap<>(); for (int i = 0; i < 100000; i++) m.merge("k" + i % 17, i, Integer::sum); System.out.println(m); System.out.println(IntStream.range(0, 100000).parallel().mapToObj(Integer::toString).collect(Collectors.summingInt(String::length)));
        System.out.println(Math.sin(1) + " " + Math.pow(2, 0.5) + " " + (float) 1e10 + " " + (int) Double.NaN + " " + (long) 1e30 + " " + Double.toString(0.1 + 0.2) + String.format(" %.3f %x", Math.PI, -1)); System.out.println("größe".matches(".*ö.*") + " " + "x".repeat(3).hashCode());
        Process p = new ProcessBuilder("echo", "child").start(); System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
    }
    static int rec(int n) { return rec(n + 1) + 1; }
}
X
javac T.java && java -Xmx200m T; java -Xint -Xmx200m T | md5sum; java -XX:+UseSerialGC -Xmx64m T | md5sum; java -version 2>&1 | head -1 | cut -d' ' -f1-2
