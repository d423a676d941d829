import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** What a process is given, changed while it runs: its environment, its properties, and files. */
final class Surroundings {

    private final List<Path> written = new ArrayList<>();

    /** Gives this process what a question says, and nothing besides what is untouched. */
    static Surroundings make(final Map<String, Object> question, final Properties untouched) throws Exception {
        final Surroundings surroundings = new Surroundings();
        for (final Map.Entry<String, Object> file : map(question, "files").entrySet()) {
            final Path path = Path.of(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue().toString());
            surroundings.written.add(path);
        }
        final Properties properties = (Properties) untouched.clone();
        map(question, "properties").forEach((name, value) -> properties.setProperty(name, value.toString()));
        System.setProperties(properties);
        setEnvironment(map(question, "env"));
        ConfigFactory.invalidateCaches();
        return surroundings;
    }

    void remove() throws IOException {
        for (final Path path : written) {
            Files.deleteIfExists(path);
        }
    }

    /** The first cause, in a line. */
    static String why(final Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof InvocationTargetException || cause instanceof ExceptionInInitializerError)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    /** The environment of this process, changed in place: the JVM reads it once. */
    @SuppressWarnings("unchecked")
    private static void setEnvironment(final Map<String, Object> env) throws Exception {
        final Field field = Class.forName("java.lang.ProcessEnvironment").getDeclaredField("theUnmodifiableEnvironment");
        field.setAccessible(true);
        final Field inner = Class.forName("java.util.Collections$UnmodifiableMap").getDeclaredField("m");
        inner.setAccessible(true);
        final Map<String, String> changed = (Map<String, String>) inner.get(field.get(null));
        changed.clear();
        env.forEach((name, value) -> changed.put(name, value.toString()));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(final Map<String, Object> question, final String name) {
        return (Map<String, Object>) question.getOrDefault(name, new HashMap<String, Object>());
    }
}
