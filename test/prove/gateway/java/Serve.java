import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Starts a gateway for each line of the standard input, after ending the one before, so that the classes of one process serve all. A line
 * says what it is given, as Resolve has it. The answer is `started`, or why it was not.
 */
public final class Serve {

    public static void main(final String[] args) throws Exception {
        final PrintStream out = System.out;
        System.setOut(System.err); // what Ditto logs
        final Properties untouched = (Properties) System.getProperties().clone();
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            final Surroundings surroundings = Surroundings.make(ConfigFactory.parseString(line).root().unwrapped(), untouched);
            Object system = null;
            try {
                final Class<?> service = Class.forName("org.eclipse.ditto.gateway.service.starter.GatewayService");
                final Constructor<?> constructor = service.getDeclaredConstructor();
                constructor.setAccessible(true);
                final Method start = service.getMethod("start");
                start.setAccessible(true);
                system = start.invoke(constructor.newInstance());
                out.println("started");
            } catch (final Throwable e) {
                out.println(Surroundings.why(e).replace('\n', ' '));
            }
            surroundings.remove();
            if (in.readLine() == null) { // a line to end it
                break;
            }
            if (system != null) {
                system.getClass().getMethod("terminate").invoke(system);
                final CompletionStage<?> ended =
                        (CompletionStage<?>) system.getClass().getMethod("getWhenTerminated").invoke(system);
                ended.toCompletableFuture().get(60, TimeUnit.SECONDS);
                final Method reset = Class.forName("org.eclipse.ditto.internal.utils.tracing.DittoTracing").getMethod("reset");
                reset.setAccessible(true);
                reset.invoke(null); // it is one for a process, and insists on being started once
            }
            out.println("ended");
        }
        System.exit(0);
    }
}
