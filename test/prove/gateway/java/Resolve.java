import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Resolves the configuration of a gateway as the gateway itself does when it starts, once for each line of the standard input, and says
 * what it came to. Ditto is called by reflection, so that one class file serves every version.
 *
 * A line is a JSON object: `env`, `properties` and `files` are what the process is given, `getters` names the settings of the gateway
 * by the chain of getters that its own code reads them with, `paths` names settings of the libraries beneath it.
 */
public final class Resolve {

    private static final PrintStream OUT = System.out;

    public static void main(final String[] args) throws Exception {
        System.setOut(System.err); // what Ditto logs
        final Properties untouched = (Properties) System.getProperties().clone();
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            final Map<String, Object> question = ConfigFactory.parseString(line).root().unwrapped();
            OUT.println(ConfigValueFactory.fromMap(answer(question, untouched)).render(ConfigRenderOptions.concise()));
        }
    }

    private static Map<String, Object> answer(final Map<String, Object> question, final Properties untouched) throws Exception {
        final Surroundings surroundings = Surroundings.make(question, untouched);
        final Map<String, Object> answer = new LinkedHashMap<>();
        try {
            final Config raw = (Config) call(Class.forName("org.eclipse.ditto.internal.utils.config.raw.RawConfigSupplier")
                    .getMethod("of", String.class).invoke(null, "gateway"), "get");
            final Class<?> scoped = Class.forName("org.eclipse.ditto.internal.utils.config.ScopedConfig");
            final Object ditto = Class.forName("org.eclipse.ditto.internal.utils.config.DefaultScopedConfig")
                    .getMethod("dittoScoped", Config.class).invoke(null, raw);
            final Object gateway = Class.forName("org.eclipse.ditto.gateway.service.util.config.DittoGatewayConfig")
                    .getMethod("of", scoped).invoke(null, ditto);
            final Map<String, Object> values = new LinkedHashMap<>();
            for (final Object getters : (List<?>) question.get("getters")) {
                Object value = gateway;
                for (final String getter : getters.toString().split("\\.")) {
                    value = call(value, getter);
                }
                values.put(getters.toString(), shown(value));
            }
            for (final Object path : (List<?>) question.get("paths")) {
                values.put(path.toString(), raw.hasPath(path.toString()) ? raw.getString(path.toString()) : "");
            }
            answer.put("values", values);
        } catch (final Throwable e) {
            answer.put("refuses", Surroundings.why(e));
        } finally {
            surroundings.remove();
        }
        return answer;
    }

    /** A value as text; of a collection the texts of its elements, of a map of issuers their names and addresses. */
    private static Object shown(final Object value) throws Exception {
        if (value instanceof Collection) {
            final List<Object> list = new ArrayList<>();
            for (final Object element : (Collection<?>) value) {
                list.add(shown(element));
            }
            return list;
        }
        if (value instanceof Map) {
            final Map<String, Object> entries = new LinkedHashMap<>();
            for (final Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                entries.put(entry.getKey().toString(), shown(call(entry.getValue(), "getIssuers")));
            }
            return entries;
        }
        return value.toString();
    }

    private static Object call(final Object of, final String name) throws Exception {
        for (Class<?> type = of.getClass(); type != null; type = type.getSuperclass()) {
            for (final Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 0) {
                    method.setAccessible(true);
                    return method.invoke(of);
                }
            }
        }
        throw new NoSuchMethodException(of.getClass().getName() + "." + name);
    }
}
