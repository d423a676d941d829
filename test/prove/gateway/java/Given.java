import java.util.TreeMap;

/** Prints what the JVM makes of the options that it is given: the properties of Ditto and of the tests, and the class path. */
public final class Given {

    public static void main(final String[] args) {
        new TreeMap<>(System.getProperties()).forEach((name, value) -> {
            final String text = name.toString();
            if (text.startsWith("ditto.") || text.startsWith("ENABLE_") || text.equals("java.class.path") || text.startsWith("a.")) {
                System.out.println(text + "=" + value);
            }
        });
    }
}
